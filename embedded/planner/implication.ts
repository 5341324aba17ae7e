// Whether every document that passes one filter must pass another: a partial or sparse index may be used only then.
// Says "no" when in doubt.
import { orderClass } from '../bson/order.ts';
import { bsonType } from '../bson/raw.ts';
import type { Filter, Leaf } from '../query/filter.ts';
import { leafMatches } from '../query/match.ts';
import { type Interval, intersect, leafIntervals } from './interval.ts';
import { conjuncts } from './plan.ts';

export function impliesFilter(query: Filter, wanted: Filter): boolean {
  switch (wanted.kind) {
    case 'and':
      return wanted.parts.every((part) => impliesFilter(query, part));
    case 'or':
      return wanted.parts.some((part) => impliesFilter(query, part)) || eachBranchImplies(query, wanted);
    case 'path':
      return (
        conjuncts(query).some(
          (part) => part.kind === 'path' && part.path === wanted.path && implies(part.leaf, wanted.leaf),
        ) || eachBranchImplies(query, wanted)
      );
    default:
      return false;
  }
}

/** A query that is an $or implies what each of its branches implies. */
function eachBranchImplies(query: Filter, wanted: Filter): boolean {
  return conjuncts(query).some(
    (part) => part.kind === 'or' && part.parts.every((branch) => impliesFilter(branch, wanted)),
  );
}

/** Whether the field must be there, in every document that passes. */
export function impliesPresence(query: Filter, path: string): boolean {
  return impliesFilter(query, { kind: 'path', path, parts: path.split('.'), leaf: { op: 'exists' } });
}

function implies(leaf: Leaf, wanted: Leaf): boolean {
  if (wanted.op === 'exists') return excludesNull(leaf);
  if (leaf.op === 'eq')
    return leaf.value.type !== bsonType.array && excludesNull(leaf) && leafMatches(wanted, leaf.value);
  if (leaf.op === 'in' && leaf.regexes.length === 0) {
    return (
      excludesNull(leaf) && leaf.values.every((value) => value.type !== bsonType.array && leafMatches(wanted, value))
    );
  }
  const inner = leafIntervals(leaf);
  const outer = leafIntervals(wanted);
  if (inner === undefined || outer === undefined || leaf.op === 'regex' || wanted.op === 'regex') return false;
  return same(intersect(inner, outer), inner);
}

function same(a: readonly Interval[], b: readonly Interval[]): boolean {
  return (
    a.length === b.length &&
    a.every((interval, i) => {
      const other = b[i]!;
      return (
        interval.low.equals(other.low) &&
        interval.high.equals(other.high) &&
        interval.lowIncluded === other.lowIncluded &&
        interval.highIncluded === other.highIncluded
      );
    })
  );
}

/** Whether no missing field can pass. */
function excludesNull(leaf: Leaf): boolean {
  if (leaf.op === 'exists' || leaf.op === 'elemMatch' || leaf.op === 'elemMatchValue') return true;
  if (leaf.op === 'eq') return leaf.key[0] !== orderClass.null && leaf.key[0] !== orderClass.undefined;
  return !leafMatches(leaf, undefined);
}
