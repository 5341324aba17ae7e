// Plain unary gRPC: the way of domain servers, and of the mesh's own processes among each other. It finds out who
// calls, hands a call that belongs to another process to its owner, and gives the rest to the dispatch.

import { Metadata, type ServerUnaryCall, type sendUnaryData } from '@grpc/grpc-js';
import { objectionTo } from '../auth/rules.ts';
import type { Verifier } from '../auth/verifier.ts';
import { readCaller, writeCaller } from '../caller/forwarded-caller.ts';
import type { Owners } from '../caller/owners.ts';
import type { PeerClients } from '../caller/peer-clients.ts';
import { presentToken } from '../caller/present-token.ts';
import { routingKeyOf } from '../caller/routing-key.ts';
import { CircuitError } from '../errors/circuit-error.ts';
import { coerce } from '../errors/coerce.ts';
import { toGrpcStatus } from '../errors/grpc-error.ts';
import type { Caller } from '../service/caller.ts';
import type { RefusalLog } from '../telemetry/refusal-log.ts';
import type { BoundMethod } from './bound-method.ts';
import { callerOf, textOf } from './credentials.ts';
import type { CallDone, Dispatch } from './dispatch.ts';

type UnaryCall = ServerUnaryCall<Buffer, Uint8Array>;

export type PlainCallsOptions = {
  readonly dispatch: Dispatch;
  readonly verifier: Verifier;
  readonly owners: Owners;
  readonly clients: PeerClients;
  /** This process's own token, by which its peers believe what it forwards. */
  readonly token: () => Promise<string>;
  /** Milliseconds since 1970. */
  readonly clock: () => number;
  readonly onForward?: (service: string) => void;
  readonly refusals: RefusalLog;
};

export class PlainCalls {
  readonly #options: PlainCallsOptions;

  constructor(options: PlainCallsOptions) {
    this.#options = options;
  }

  /** The grpc-js handler of one method. Requests and responses stay bytes. */
  handlerOf(method: BoundMethod): (call: UnaryCall, answer: sendUnaryData<Uint8Array>) => void {
    return (call, answer) => {
      const done: CallDone = (error, response) => (error ? answer(toGrpcStatus(error)) : answer(null, response));
      this.#take(method, call, done).catch((thrown: unknown) => {
        const error = coerce(thrown);
        this.#tell(method, call, '', error);
        done(error, undefined);
      });
    };
  }

  async #take(method: BoundMethod, call: UnaryCall, done: CallDone): Promise<void> {
    const peer = await callerOf(call, this.#options.verifier);
    const forwarded = readCaller(call.metadata, peer, method.schema.service);
    // What is wrong with it is told by the process that the caller spoke to.
    if (forwarded !== undefined) return this.#run(method, forwarded, call, done);
    const telling: CallDone = (error, response) => {
      if (error !== undefined) this.#tell(method, call, peer.key, error);
      done(error, response);
    };
    const owner = this.#ownerOf(method, call);
    if (owner === this.#options.owners.self) return this.#run(method, peer, call, telling);
    const outcome = await this.#forward(method, peer, call, owner);
    if (outcome instanceof CircuitError) telling(outcome, undefined);
    else if (outcome !== undefined) telling(undefined, outcome);
    else this.#run(method, peer, call, telling);
  }

  #tell(method: BoundMethod, call: UnaryCall, caller: string, { reason }: CircuitError): void {
    this.#options.refusals.refused({ method: method.schema.name, caller, address: call.getPeer(), reason });
  }

  #ownerOf(method: BoundMethod, call: UnaryCall): string {
    const { owners } = this.#options;
    const key = routingKeyOf(method.schema, call.request);
    return key === '' ? owners.self : (owners.pick(method.schema.service, key) ?? owners.self);
  }

  /** The owner's answer; undefined where the owner cannot be reached and the call may as well be handled here. */
  async #forward(
    method: BoundMethod,
    caller: Caller,
    call: UnaryCall,
    owner: string,
  ): Promise<Uint8Array | CircuitError | undefined> {
    const { clients, token, clock, onForward } = this.#options;
    const { schema } = method;
    // What is refused here must not reach another process in our name.
    const objection = objectionTo(schema, caller, clock());
    if (objection !== undefined) return objection;
    onForward?.(schema.service);
    const metadata = new Metadata();
    await presentToken(metadata, token);
    metadata.set('traceparent', textOf(call.metadata, 'traceparent'));
    writeCaller(metadata, caller);
    const gaveUp = new AbortController();
    call.on('cancelled', () => gaveUp.abort());
    try {
      return await clients.unary(owner, {
        path: `/${schema.name}`,
        request: call.request,
        metadata,
        deadline: Date.now() + Math.min(timeLeft(call), schema.timeoutMs),
        signal: gaveUp.signal,
      });
    } catch (thrown) {
      const error = coerce(thrown);
      const away = error.reason === 'UNAVAILABLE' || error.reason === 'SHUTTING_DOWN';
      return away && schema.repeatable ? undefined : error;
    }
  }

  #run(method: BoundMethod, caller: Caller, call: UnaryCall, done: CallDone): void {
    if (call.cancelled) return;
    const running = this.#options.dispatch.run(
      {
        method,
        caller,
        request: call.request,
        timeoutMs: timeLeft(call),
        traceparent: textOf(call.metadata, 'traceparent'),
        begins: caller.kind !== 'system' && caller.kind !== 'edge',
      },
      done,
    );
    call.on('cancelled', () => running.abort('CANCELLED'));
  }
}

/** Milliseconds until the deadline that the caller set; Infinity where it set none. */
function timeLeft(call: UnaryCall): number {
  return Number(call.getDeadline()) - Date.now();
}
