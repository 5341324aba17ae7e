// What became of an insert, entry by entry, read from the driver's answer. What is not known for sure is `unknown`.

import { MongoBulkWriteError, MongoError } from 'mongodb';

export type InsertOutcome =
  | { readonly kind: 'stored' }
  /** A unique index holds another entry: the number, the request, or the id. */
  | { readonly kind: 'duplicate' }
  /** Stored or not: the answer was lost, or its durability was not confirmed. */
  | { readonly kind: 'unknown'; readonly error: unknown }
  /** Not tried: an entry before it in the same ordered insert failed. */
  | { readonly kind: 'untried' }
  /** The store will never take it. */
  | { readonly kind: 'refused'; readonly error: unknown };

export const stored: InsertOutcome = { kind: 'stored' };
const duplicate: InsertOutcome = { kind: 'duplicate' };
const untried: InsertOutcome = { kind: 'untried' };
const duplicateKey = 11000;

/** Outcomes of the `count` entries of one insert that threw `error`. */
export function outcomesOf(error: unknown, count: number, ordered: boolean): InsertOutcome[] {
  if (!(error instanceof MongoBulkWriteError)) {
    const outcome: InsertOutcome = isOurFault(error) ? { kind: 'refused', error } : { kind: 'unknown', error };
    return Array.from({ length: count }, () => outcome);
  }
  const failures = Array.isArray(error.writeErrors) ? error.writeErrors : [error.writeErrors];
  const unconfirmed = error.result.getWriteConcernError() ?? (failures.length === 0 ? error : undefined);
  const rest: InsertOutcome = unconfirmed === undefined ? stored : { kind: 'unknown', error: unconfirmed };
  const outcomes = Array.from({ length: count }, () => rest);
  for (const failure of failures) {
    outcomes[failure.index] = failure.code === duplicateKey ? duplicate : { kind: 'unknown', error: failure };
    if (ordered) outcomes.fill(untried, failure.index + 1);
  }
  return outcomes;
}

/** Thrown before anything was sent: a document that cannot be encoded, a value of the wrong kind. */
function isOurFault(error: unknown): boolean {
  if (!(error instanceof MongoError)) return true;
  return error.name === 'MongoInvalidArgumentError' || error.name === 'MongoAPIError';
}
