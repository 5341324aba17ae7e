// Whether every document that passes one filter must pass another: a partial or sparse index may be used only then.
// Says "no" when in doubt.
import { bsonType, type Raw } from '../bson/raw.ts';
import { atPath, type Filter, type Leaf } from '../query/filter.ts';
import { leafMatches } from '../query/match.ts';
import { intersect, leafIntervals, same } from './interval.ts';

export function impliesFilter(query: Filter, wanted: Filter): boolean {
  return wanted.every(
    (each) =>
      each.kind === 'path' &&
      query.some((part) => part.kind === 'path' && part.path === each.path && implies(part.leaf, each.leaf)),
  );
}

/** Whether the field must be there, in every document that passes. */
export function impliesPresence(query: Filter, path: string): boolean {
  return impliesFilter(query, [atPath(path, { op: 'exists' })]);
}

function implies(leaf: Leaf, wanted: Leaf): boolean {
  // A missing field may pass where null does.
  if (wanted.op === 'exists') return !leafMatches(leaf, undefined);
  if (leaf.op === 'eq' || leaf.op === 'in') {
    const passes = (value: Raw) => value.type !== bsonType.array && leafMatches(wanted, value);
    return !leafMatches(leaf, undefined) && ('value' in leaf ? [leaf.value] : leaf.values).every(passes);
  }
  const inner = leafIntervals(leaf);
  const outer = leafIntervals(wanted);
  return inner !== undefined && outer !== undefined && same(intersect(inner, outer), inner);
}
