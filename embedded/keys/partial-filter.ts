// What a partial index may be restricted by: MongoDB takes only filters from which the planner can reason.
import { storeError } from '../errors.ts';
import type { Filter, Leaf } from '../query/filter.ts';

const leaves: ReadonlySet<Leaf['op']> = new Set(['eq', 'lt', 'lte', 'gt', 'gte', 'in', 'exists', 'type']);

/** Throws CannotCreateIndex for negations ($ne, $exists: false), regular expressions, and operators on arrays. */
export function checkPartial(filter: Filter): void {
  if (filter.kind === 'and' || filter.kind === 'or') for (const part of filter.parts) checkPartial(part);
  else if (filter.kind !== 'path' || !leaves.has(filter.leaf.op)) throw refused();
  else if (filter.leaf.op === 'in' && filter.leaf.regexes.length > 0) throw refused();
}

function refused(): Error {
  return storeError('CannotCreateIndex', 'Expression not supported in partial index');
}
