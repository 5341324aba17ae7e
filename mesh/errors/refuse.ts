// How a handler says no.

import { CircuitError, type ErrorDetails } from './circuit-error.ts';
import { type Reason, reasonRule } from './reasons.ts';

/** The error of a reason, with the sentence that stands beside it in the proto. For `throw refuse('NOT_A_MEMBER')`. */
export function refuse(reason: Reason, details: ErrorDetails = {}): CircuitError {
  return new CircuitError(reason, reasonRule(reason).message, details);
}
