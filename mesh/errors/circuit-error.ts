// The one error class of the mesh, with a closed list of reasons. What else is thrown becomes INTERNAL at the border.

import type { Reason } from './reasons.ts';

export type ErrorDetails = {
  /** How long to wait before trying again. */
  readonly retryAfterMs?: number;
  /** Which fields of the request are wrong, and why. */
  readonly violations?: readonly Violation[];
  /** Variables of the message, for programs: never bodies, tokens or other people's data. */
  readonly metadata?: Readonly<Record<string, string>>;
  /** For the log only; never leaves the process. */
  readonly cause?: unknown;
};

export type Violation = { readonly field: string; readonly description: string };

export class CircuitError extends Error {
  readonly reason: Reason;
  readonly details: ErrorDetails;

  constructor(reason: Reason, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = 'CircuitError';
    this.reason = reason;
    this.details = details;
  }
}
