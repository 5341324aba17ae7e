// Why a call failed: the server's reason, or one of the SDK's own for what never reached it.

import type { Reason } from '../gen/json/api.ts';

export type Violation = { readonly field: string; readonly description: string };

/** The `error` of a reply frame. */
export type Failure = {
  readonly code: string;
  readonly reason: string;
  readonly message: string;
  readonly retry_after_ms?: number;
  readonly violations?: readonly Violation[];
};

/** What the SDK itself says. The server's reasons are listed in `gen/json/api.ts` and at `/docs`. */
const localFailures = {
  TIMED_OUT: { code: 'DEADLINE_EXCEEDED', message: 'No answer came in time.' },
  CONNECTION_LOST: { code: 'UNAVAILABLE', message: 'The connection was lost before the answer came.' },
  ABORTED_BY_APP: { code: 'CANCELLED', message: 'The app gave up.' },
  CLIENT_CLOSED: { code: 'CANCELLED', message: 'The client was closed.' },
  TOO_MANY_WAITING: { code: 'RESOURCE_EXHAUSTED', message: 'Too many calls wait for the connection.' },
  OUTBOX_FULL: { code: 'RESOURCE_EXHAUSTED', message: 'Too many messages wait to be sent.' },
  MESSAGE_TOO_OLD: {
    code: 'FAILED_PRECONDITION',
    message: 'The message waited longer than it may be repeated safely.',
  },
  DISCARDED: { code: 'CANCELLED', message: 'The message was taken back before it was sent.' },
  SIGN_IN_REFUSED: { code: 'UNAUTHENTICATED', message: 'The token was refused.' },
} as const;

export type LocalReason = keyof typeof localFailures;

/** What every failed call rejects with. */
export class CallError extends Error {
  override readonly name = 'CallError';
  /** gRPC's status code, such as `PERMISSION_DENIED`. */
  readonly code: string;
  /** From the server's closed list, one of the SDK's own, or one that a newer server knows. */
  readonly reason: Reason | LocalReason | (string & {});
  /** 0: the server asks for no wait. */
  readonly retryAfterMs: number;
  readonly violations: readonly Violation[];

  constructor(failure: Failure) {
    super(failure.message);
    this.code = failure.code;
    this.reason = failure.reason;
    this.retryAfterMs = failure.retry_after_ms ?? 0;
    this.violations = failure.violations ?? [];
  }

  /** To be kept, and made an error of again. */
  get failure(): Failure {
    const { code, reason, message, retryAfterMs: retry_after_ms, violations } = this;
    return { code, reason, message, retry_after_ms, violations };
  }
}

export function localError(reason: LocalReason): CallError {
  return new CallError({ reason, ...localFailures[reason] });
}

const transientCodes = new Set(['UNAVAILABLE', 'RESOURCE_EXHAUSTED', 'ABORTED', 'DEADLINE_EXCEEDED']);

/** Whether the same call may do better a little later. */
export function isTransient(error: unknown): boolean {
  return error instanceof CallError && transientCodes.has(error.code);
}
