// The edge's side of Link: one long-lived stream to each service process, calls by routing key, topics by prefix.

import type { Subscriptions } from '../bus/bus.ts';
import type { CircuitError } from '../errors/circuit-error.ts';
import type { MethodSchema } from '../schema/api.ts';

/** A user's session as services know it: opened on a Link by the user's token, before its first call there. */
export type LinkSession = {
  readonly id: string;
  /** A fresh token of the same user (`auth.refresh`); sent on every Link that knows the session. */
  renew(token: string): void;
  /** Ends it on every Link. */
  end(): void;
};

export type LinkCall = {
  readonly method: MethodSchema;
  /** Kept until `done`, since the call may have to be made again: nobody may change these bytes before. */
  readonly request: Uint8Array;
  /** Which of the services that keep topics is asked, by short name, where the request names no topic. */
  readonly keeper?: string;
  /** Absent: the edge in its own name. */
  readonly session?: LinkSession;
  /** Calls of one socket to one routing key stay on their Link, in order, while any is in flight. */
  readonly affinity?: string;
  readonly timeoutMs?: number;
  readonly traceparent?: string;
  /** Called exactly once. The response is a view that pins a whole batch: copy what is kept. */
  readonly done: (error: CircuitError | undefined, response: Uint8Array | undefined) => void;
};

export type Links = {
  readonly subscriptions: Subscriptions;
  openSession(id: string, token: string): LinkSession;
  /** Never throws and never waits; returns a function that gives the call up. */
  call(call: LinkCall): () => void;
  /** The same as a promise, for what is not hot. */
  request(call: Omit<LinkCall, 'done'> & { readonly signal: AbortSignal }): Promise<Uint8Array>;
  /** Called when a service ended a session (expired or revoked). */
  onSessionEnd(listener: (sessionId: string, reason: 'TOKEN_EXPIRED' | 'TOKEN_INVALID') => void): void;
  /** How full the room for calls without an answer is on all Links together, from 0 to 1. */
  readonly load: number;
  /** True when each service of the API has at least one healthy Link. */
  healthy(): boolean;
  close(): Promise<void>;
};
