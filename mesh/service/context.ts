// What a handler is given beside its request. Time, ids and chance come from here, so that tests need no doubles.

import type { Logger } from '../telemetry/log.ts';
import type { Caller } from './caller.ts';

/** What tells that a call is given up. An AbortSignal is one. */
export type Abortable = {
  /** Why, once it is. */
  readonly reason: unknown;
  throwIfAborted(): void;
  addEventListener(type: 'abort', listener: () => void, options?: { readonly once?: boolean }): void;
  removeEventListener(type: 'abort', listener: () => void): void;
};

export type Context<Service = unknown> = {
  readonly caller: Caller;
  /** The service's own state, as its `open` returned it. */
  readonly service: Service;
  /** The time of the call's arrival, in milliseconds since 1970. */
  readonly now: number;
  /** Aborted at the deadline, when the caller gives up, or when its connection is lost. */
  readonly signal: AbortSignal;
  /** The same without an AbortSignal, which costs 3 µs to make and to listen to: for what every call passes. */
  readonly abortable: Abortable;
  /** Milliseconds since 1970. */
  readonly deadline: number;
  readonly log: Logger;
  /** W3C trace context of the caller, to hand on; empty where there is none. */
  readonly traceparent: string;
  /** Runs when the call has ended, whatever its outcome. */
  onEnd(work: () => void): void;
};

/**
 * Runs synchronously, in the order of arrival, up to its first `await`; so a place in a queue that is taken
 * before that is taken in that order. Throws `refuse(reason)` for an error of the closed list.
 */
export type Handler<Request, Response, Service = unknown> = (
  request: Request,
  context: Context<Service>,
) => Promise<Response>;
