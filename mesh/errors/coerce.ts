// The one point where whatever was thrown becomes a CircuitError. The cause stays for the log.

import { randomUUID } from 'node:crypto';
import { CircuitError } from './circuit-error.ts';
import { refuse } from './refuse.ts';

export type CoerceOptions = {
  /** True when the call's time is over: an abort is then DEADLINE_EXCEEDED, not CANCELLED. */
  readonly deadlineOver?: boolean;
  /** Makes the id of an error that nobody foresaw; tests name it. */
  readonly id?: () => string;
};

/** Names of the MongoDB driver's errors that say that the store cannot be reached now. */
const storeAway = new Set([
  'MongoNetworkError',
  'MongoNetworkTimeoutError',
  'MongoServerSelectionError',
  'MongoPoolClosedError',
  'MongoPoolClearedError',
  'MongoPoolClearedOnNetworkError',
  'MongoWaitQueueTimeoutError',
  'MongoTopologyClosedError',
  'MongoNotConnectedError',
  'MongoClientClosedError',
  'MongoStalePrimaryError',
]);

/** MongoDB's server codes for a node that is going down or is not the primary now. */
const notPrimary = new Set([6, 7, 89, 91, 189, 9001, 10107, 11600, 11602, 13435, 13436]);
const maxTimeExpired = 50;
/** A fail-over takes seconds; sooner is in vain. */
const storeRetryMs = 1000;

/**
 * Anything thrown, as a CircuitError: one of ours as it is; an abort as CANCELLED or DEADLINE_EXCEEDED; a store that
 * cannot be reached as STORE_UNAVAILABLE; all else as INTERNAL with `metadata.error_id`, the same id that the log has.
 */
export function coerce(thrown: unknown, options: CoerceOptions = {}): CircuitError {
  if (thrown instanceof CircuitError) return thrown;
  const { name, code, labels } = marksOf(thrown);
  if (name === 'TimeoutError' || name === 'MongoOperationTimeoutError' || (code === maxTimeExpired && isMongo(name))) {
    return refuse('DEADLINE_EXCEEDED', { cause: thrown });
  }
  if (name === 'AbortError') {
    return refuse(options.deadlineOver ? 'DEADLINE_EXCEEDED' : 'CANCELLED', { cause: thrown });
  }
  // A bulk without a code of the server's failed on the way there.
  const lostBulk = name === 'MongoBulkWriteError' && code === 0;
  if (
    lostBulk ||
    storeAway.has(name) ||
    (isMongo(name) && (notPrimary.has(code) || labels.includes('RetryableWriteError')))
  ) {
    return refuse('STORE_UNAVAILABLE', { cause: thrown, retryAfterMs: storeRetryMs });
  }
  const id = options.id?.() ?? randomUUID();
  return refuse('INTERNAL', { cause: thrown, metadata: { error_id: id } });
}

function isMongo(name: string): boolean {
  return name.startsWith('Mongo');
}

/** Duck typing: an error may come from another copy of a library, or be none. Getters that throw are no marks. */
function marksOf(thrown: unknown): { name: string; code: number; labels: readonly unknown[] } {
  try {
    if (typeof thrown === 'object' && thrown !== null) {
      const { name, code, errorLabels } = thrown as Record<string, unknown>;
      return {
        name: typeof name === 'string' ? name : '',
        code: typeof code === 'number' ? code : 0,
        labels: Array.isArray(errorLabels) ? errorLabels : [],
      };
    }
  } catch {
    // Falls through to an error without marks.
  }
  return { name: '', code: 0, labels: [] };
}
