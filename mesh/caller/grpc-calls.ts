// Calls from one service to another, and to the owner of a key within the same service. A call that belongs to this
// process goes straight through its dispatch; any other is one plain gRPC call, repeated only where that is safe.

import { Metadata, type ServiceDefinition } from '@grpc/grpc-js';
import { coerce } from '../errors/coerce.ts';
import { refuse } from '../errors/refuse.ts';
import { onAbort } from '../link/on-abort.ts';
import type { Api, MethodSchema } from '../schema/api.ts';
import type { Caller } from '../service/caller.ts';
import type { CallOptions, Calls } from './calls.ts';
import { writeCaller } from './forwarded-caller.ts';
import type { Owners } from './owners.ts';
import type { PeerClients } from './peer-clients.ts';
import { presentToken } from './present-token.ts';
import { RetryBudget, retriesMax, retryDelayMs } from './retry.ts';
import { routingKeyOf } from './routing-key.ts';

export type LocalCall = {
  readonly method: string;
  readonly caller: Caller;
  readonly request: Uint8Array;
  readonly timeoutMs: number;
  readonly traceparent: string;
  readonly signal: AbortSignal;
};

export type GrpcCallsOptions = {
  readonly api: Api;
  /** The service in whose name calls are made. */
  readonly service: string;
  /** Definitions of the services that may be called. */
  readonly definitions: readonly ServiceDefinition[];
  readonly owners: Owners;
  readonly clients: PeerClients;
  readonly token: () => Promise<string>;
  /** Runs a call in this process. Throws what its handler threw, as a CircuitError. */
  readonly runHere: (call: LocalCall) => Promise<Uint8Array>;
  readonly clock: () => number;
};

type Codec = {
  readonly schema: MethodSchema;
  readonly encode: (request: unknown) => Uint8Array;
  readonly decode: (bytes: Buffer) => unknown;
};

export function grpcCalls(options: GrpcCallsOptions): Calls {
  return new GrpcCalls(options);
}

class GrpcCalls implements Calls {
  readonly #options: GrpcCallsOptions;
  readonly #codecs = new Map<string, Codec>();
  readonly #budget = new RetryBudget();

  constructor(options: GrpcCallsOptions) {
    this.#options = options;
    for (const definition of options.definitions) {
      for (const rpc of Object.values(definition)) {
        const name = rpc.path.slice(1);
        const schema = options.api.methods.get(name);
        if (schema === undefined) continue;
        this.#codecs.set(name, { schema, encode: rpc.requestSerialize, decode: rpc.responseDeserialize });
      }
    }
  }

  async call<Request, Response>(method: string, request: Request, options: CallOptions): Promise<Response> {
    const codec = this.#codecs.get(method);
    if (codec === undefined) throw new Error(`${this.#options.service} does not declare that it calls ${method}.`);
    const { schema } = codec;
    if (options.caller !== undefined && schema.service !== this.#options.service) {
      // Another service would not believe it: the outcome must not depend on who runs in which process.
      throw new Error(`${method} belongs to another service: it is called in this process's own name only.`);
    }
    const bytes = codec.encode(request);
    const answer = schema.repeatable
      ? await this.#persist(schema, bytes, options)
      : await this.#once(schema, bytes, options, new Set());
    return codec.decode(answer as Buffer) as Response;
  }

  /** Asks again, another process where there is one, while nothing but reaching it fails. */
  async #persist(schema: MethodSchema, bytes: Uint8Array, options: CallOptions): Promise<Uint8Array> {
    const failed = new Set<string>();
    for (let attempt = 0; ; attempt += 1) {
      try {
        const answer = await this.#once(schema, bytes, options, failed);
        this.#budget.succeeded();
        return answer;
      } catch (thrown) {
        const error = coerce(thrown);
        const away = error.reason === 'UNAVAILABLE' || error.reason === 'SHUTTING_DOWN';
        if (!away || attempt >= retriesMax || !this.#budget.take()) throw error;
        const delayMs = retryDelayMs(attempt);
        if (this.#options.clock() + delayMs >= options.deadline) throw error;
        await pause(delayMs, options.signal);
      }
    }
  }

  async #once(schema: MethodSchema, bytes: Uint8Array, options: CallOptions, failed: Set<string>): Promise<Uint8Array> {
    if (options.signal.aborted) throw coerce(options.signal.reason);
    const { owners, service, clock } = this.#options;
    const timeoutMs = Math.min(options.deadline - clock(), schema.timeoutMs);
    if (timeoutMs <= 0) throw refuse('DEADLINE_EXCEEDED');
    const key = routingKeyOf(schema, bytes);
    const address = owners.pick(schema.service, key, failed) ?? owners.pick(schema.service, key);
    if (address === undefined) throw refuse('UNAVAILABLE', { metadata: { service: schema.service } });
    if (address === owners.self) {
      const caller: Caller = options.caller ?? { kind: 'system', key: service };
      const { signal, traceparent = '' } = options;
      return this.#options.runHere({ method: schema.name, caller, request: bytes, timeoutMs, traceparent, signal });
    }
    try {
      return await this.#ask(address, schema, bytes, timeoutMs, options);
    } catch (error) {
      failed.add(address);
      throw error;
    }
  }

  async #ask(
    address: string,
    schema: MethodSchema,
    request: Uint8Array,
    timeoutMs: number,
    options: CallOptions,
  ): Promise<Uint8Array> {
    const metadata = new Metadata();
    await presentToken(metadata, this.#options.token);
    if (options.traceparent) metadata.set('traceparent', options.traceparent);
    if (options.caller !== undefined) writeCaller(metadata, options.caller);
    return this.#options.clients.unary(address, {
      path: `/${schema.name}`,
      request,
      metadata,
      deadline: Date.now() + timeoutMs,
      signal: options.signal,
    });
  }
}

/** Waits, unless the signal is aborted first: then throws CANCELLED or DEADLINE_EXCEEDED. */
function pause(delayMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const leave = onAbort(signal, () => {
      clearTimeout(timer);
      reject(coerce(signal.reason));
    });
    const timer = setTimeout(() => {
      leave();
      resolve();
    }, delayMs);
  });
}
