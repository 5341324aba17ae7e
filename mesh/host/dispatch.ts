// The one way into a handler, for plain gRPC, Link and calls within the process: authorise by the rule, validate by the
// descriptor, decode, run, encode, and tell errors. Nothing is awaited before the handler has taken its first step.

import { SpanKind } from '@opentelemetry/api';
import { objectionTo } from '../auth/rules.ts';
import type { CircuitError } from '../errors/circuit-error.ts';
import { coerce } from '../errors/coerce.ts';
import { refuse } from '../errors/refuse.ts';
import type { Admission } from '../overload/admission.ts';
import type { Caller } from '../service/caller.ts';
import type { Logger } from '../telemetry/log.ts';
import type { LogFields } from '../telemetry/names.ts';
import { RefusalLog } from '../telemetry/refusal-log.ts';
import { inTraces, type OpenSpan, openSpan } from '../telemetry/trace.ts';
import type { BoundMethod } from './bound-method.ts';
import { RunningCall } from './running-call.ts';

/** Handlers that may run at a time in one process, unless given: as they become many, calls are refused unread. */
export const runningMaxDefault = 50_000;

export type IncomingCall = {
  readonly method: BoundMethod;
  readonly caller: Caller;
  /** The encoded request. It may be a view of a larger buffer: nothing of it is kept after the handler has started. */
  readonly request: Uint8Array;
  /** What the caller still waits, in milliseconds; the method's own timeout is the most. */
  readonly timeoutMs: number;
  readonly traceparent: string;
  /** It comes from outside of the mesh: where it brings no trace, a new one begins. */
  readonly begins?: boolean;
};

/** Called exactly once, with an error or with the encoded response; possibly before `run` returns. */
export type CallDone = (error: CircuitError | undefined, response: Uint8Array | undefined) => void;

export type CallObserver = { ended(call: RunningCall, error: CircuitError | undefined): void };

export type DispatchOptions = {
  readonly log: Logger;
  readonly clock: () => number;
  readonly observer?: CallObserver;
  readonly admission: Admission;
  readonly runningMax?: number;
};

export class Dispatch {
  readonly #log: Logger;
  readonly #clock: () => number;
  readonly #observer: CallObserver | undefined;
  readonly #admission: Admission;
  readonly #runningMax: number;
  /** A store that is away fails every call: only so many of them are told. */
  readonly #storeAway: RefusalLog;
  /** In the order of their arrival. */
  readonly #running = new Set<RunningCall>();
  #idle: (() => void)[] = [];

  constructor(options: DispatchOptions) {
    this.#log = options.log;
    this.#clock = options.clock;
    this.#observer = options.observer;
    this.#admission = options.admission;
    this.#runningMax = options.runningMax ?? runningMaxDefault;
    this.#storeAway = new RefusalLog(options.log);
  }

  /** Calls whose handler has not ended. */
  get running(): number {
    return this.#running.size;
  }

  /** How long the call that waits longest has waited, in milliseconds; 0 where none does. */
  get oldestMs(): number {
    for (const call of this.#running) return performance.now() - call.startedMs;
    return 0;
  }

  /** Runs a call; never throws. What it returns can be aborted. */
  run(incoming: IncomingCall, done: CallDone): RunningCall {
    const { method } = incoming;
    const now = this.#clock();
    const span = incoming.traceparent === '' && incoming.begins !== true ? undefined : openCallSpan(incoming);
    const call = new RunningCall({
      method,
      caller: incoming.caller,
      now,
      deadline: now + Math.min(incoming.timeoutMs, method.schema.timeoutMs),
      traceparent: span?.traceparent ?? '',
      span,
      log: this.#log,
    });
    if (span === undefined) this.#start(call, incoming, done);
    else inTraces(span.traces, () => this.#start(call, incoming, done));
    return call;
  }

  /** Resolves when no handler runs. */
  async whenIdle(): Promise<void> {
    while (this.#running.size > 0) await new Promise<void>((resolve) => this.#idle.push(resolve));
  }

  #start(call: RunningCall, incoming: IncomingCall, done: CallDone): void {
    let answer: Promise<unknown>;
    try {
      const request = this.#admit(call, incoming);
      this.#running.add(call);
      answer = call.method.handler(request, call);
    } catch (error) {
      this.#fail(call, error, done);
      return;
    }
    answer.then(
      (response) => this.#succeed(call, response, done),
      (error: unknown) => this.#fail(call, error, done),
    );
  }

  #admit(call: RunningCall, incoming: IncomingCall): unknown {
    const { schema, decode } = incoming.method;
    const objection =
      this.#admission.objectionTo(schema.importance, this.#running.size / this.#runningMax) ??
      objectionTo(schema, call.caller, call.now);
    if (objection !== undefined) throw objection;
    const violations = schema.request.validate(incoming.request);
    if (violations.length > 0) throw refuse('INVALID_REQUEST', { violations });
    return decode(incoming.request as Buffer);
  }

  #succeed(call: RunningCall, response: unknown, done: CallDone): void {
    let bytes: Buffer;
    try {
      bytes = call.method.encode(response);
    } catch (error) {
      this.#fail(call, error, done);
      return;
    }
    this.#end(call, undefined);
    this.#hand(call, done, undefined, bytes);
  }

  #fail(call: RunningCall, thrown: unknown, done: CallDone): void {
    const error = coerce(thrown);
    this.#tell(call, error);
    this.#end(call, error);
    this.#hand(call, done, error, undefined);
  }

  /** A fault in whoever takes the answer is not the handler's, and ends no other call. */
  #hand(call: RunningCall, done: CallDone, error: CircuitError | undefined, response: Uint8Array | undefined): void {
    try {
      done(error, response);
    } catch (fault) {
      call.log.error({ err: fault }, 'an answer could not be handed on');
    }
  }

  #tell(call: RunningCall, error: CircuitError): void {
    if (error.reason === 'INTERNAL') {
      const errorId = error.details.metadata?.error_id ?? '';
      call.log.error({ reason: error.reason, errorId, err: error.details.cause ?? error }, 'a call failed');
    } else if (error.reason === 'STORE_UNAVAILABLE') {
      const fields = { reason: error.reason, err: error.details.cause ?? error };
      const write = (all: LogFields, text: string) => call.log.warn(all, text);
      this.#storeAway.line(fields, 'a call failed for want of the store', write);
    }
  }

  #end(call: RunningCall, error: CircuitError | undefined): void {
    call.end(error);
    this.#running.delete(call);
    this.#observer?.ended(call, error);
    if (this.#running.size > 0 || this.#idle.length === 0) return;
    const waiting = this.#idle;
    this.#idle = [];
    for (const resolve of waiting) resolve();
  }
}

/** The service's part of a trace that the caller began. */
function openCallSpan({ method, caller, traceparent }: IncomingCall): OpenSpan {
  const { name, service } = method.schema;
  const attributes = { 'rpc.method': name, 'circuit.service': service, 'circuit.caller': caller.kind };
  return openSpan(name, { kind: SpanKind.SERVER, traceparent, attributes });
}
