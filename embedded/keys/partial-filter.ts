// What a partial index may be restricted by: MongoDB takes only filters from which the planner can reason.
import { storeError } from '../errors.ts';
import type { Filter } from '../query/filter.ts';

/** Throws CannotCreateIndex for negations ($ne, $nin, $exists: false) and $expr. */
export function checkPartial(filter: Filter): void {
  if (filter.some(({ kind }) => kind !== 'path')) {
    throw storeError('CannotCreateIndex', 'Expression not supported in partial index');
  }
}
