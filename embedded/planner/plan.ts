// Chooses how a query is answered: through which index, over which ranges of its keys, in which direction.
// Without statistics: by how many leading fields the filter fixes, and whether the sort comes for free.
import type { Condition, Filter } from '../query/filter.ts';
import { leafMatches } from '../query/match.ts';
import type { Collection, Index } from '../storage/collection.ts';
import { abovePrefix, isUnique, storedBound } from '../storage/collection.ts';
import { impliesFilter, impliesPresence } from './implication.ts';
import { directed, type Interval, intersect, leafIntervals, wholeField } from './interval.ts';

export type SortField = { readonly path: string; readonly parts: readonly string[]; readonly descending: boolean };

export type KeyRange = { readonly from: Buffer; readonly to: Buffer };

export type IndexPlan = {
  readonly kind: 'index';
  readonly index: Index;
  /** In key order, disjoint. */
  readonly ranges: readonly KeyRange[];
  readonly reverse: boolean;
  /** Documents come in the order asked for. */
  readonly sorted: boolean;
  /** Reads every key of an index that holds every document: as long as a scan of the collection. */
  readonly whole: boolean;
  readonly score: number;
};

export type Plan = IndexPlan | { readonly kind: 'collection'; readonly sorted: boolean };

/** An index to take, or that the collection is to be read as its records lie. */
export type Hint = Index | '$natural';

/** Ranges one scan takes at most: products of $in lists beyond it bound fewer fields. */
export const rangesMax = 4096;

export function choosePlan(collection: Collection, filter: Filter, sort: readonly SortField[], hint?: Hint): Plan {
  if (hint !== undefined && hint !== '$natural') return planIndex(hint, filter, sort);
  const best = hint === undefined ? bestIndex(collection, filter, sort) : undefined;
  return best ?? { kind: 'collection', sorted: sort.length === 0 };
}

const scores = { unique: 1000, point: 10, range: 5, sorted: 3, mentioned: 1 } as const;

function bestIndex(collection: Collection, filter: Filter, sort: readonly SortField[]): IndexPlan | undefined {
  let best: Suit | undefined;
  for (const index of collection.indexes) {
    if (!isComplete(index, filter)) continue;
    const here = suit(index, filter, sort);
    if (here.score === 0) continue;
    const tie = here.score === best?.score && index.spec.fields.length < best.index.spec.fields.length;
    if (best === undefined || here.score > best.score || tie) best = here;
  }
  return best === undefined ? undefined : planOf(best, sort);
}

/** Whether the index holds every document the filter can match. */
function isComplete(index: Index, filter: Filter): boolean {
  if (index.spec.sparse && !index.spec.fields.some((field) => impliesPresence(filter, field.path))) return false;
  return index.filter === undefined || impliesFilter(filter, index.filter);
}

/** How well an index suits a query, before its key ranges are worked out. */
type Suit = {
  readonly index: Index;
  readonly bounds: readonly (readonly Interval[])[];
  /** Leading fields that the filter fixes to single values. */
  readonly points: number;
  readonly direction: 1 | -1 | 0;
  readonly score: number;
};

/** How one index would answer a query, whether or not it holds every document. */
export function planIndex(index: Index, filter: Filter, sort: readonly SortField[]): IndexPlan {
  return planOf(suit(index, filter, sort), sort);
}

function planOf({ index, bounds, points, direction, score }: Suit, sort: readonly SortField[]): IndexPlan {
  const ranges = keyRanges(index, bounds, points);
  const sorted = sort.length === 0 || direction !== 0;
  const whole = bounds[0] === wholeField && index.filter === undefined && !index.spec.sparse;
  return { kind: 'index', index, ranges, reverse: direction === -1, sorted, whole, score };
}

function suit(index: Index, filter: Filter, sort: readonly SortField[]): Suit {
  const { fields } = index.spec;
  const bounds = fields.map((field, i) =>
    sharesArray(index, i) ? wholeField : fieldIntervals(filter, field.path, index.multikey[i]!),
  );
  let points = 0;
  let combinations = 1;
  while (points < fields.length && bounds[points]!.every(({ isPoint }) => isPoint)) {
    combinations *= bounds[points]!.length;
    if (combinations > rangesMax) break;
    points++;
  }
  const direction = sortDirection(index, bounds, points, sort);
  let score = points * scores.point;
  if (points === fields.length && combinations === 1 && isUnique(index)) score += scores.unique;
  if (points < fields.length && bounds[points] !== wholeField) score += scores.range;
  if (direction !== 0 && sort.length > 0) score += scores.sorted;
  const mentioned = filter.some((part) => mentions(part, fields[0]!.path));
  if (mentioned || index.filter !== undefined || index.spec.sparse) score += scores.mentioned;
  return { index, bounds, points, direction, score };
}

/** A field below an array that an earlier field of the index already looks into: its bounds must not be combined. */
function sharesArray(index: Index, field: number): boolean {
  if (!index.multikey[field]) return false;
  const first = index.spec.fields[field]!.parts[0];
  return index.spec.fields.some((other, i) => i < field && index.multikey[i] && other.parts[0] === first);
}

function mentions(condition: Condition, path: string): boolean {
  if (condition.kind === 'not') return condition.part.path === path;
  return condition.kind === 'path' && condition.path === path;
}

/** All that the filter says of one field; of a field with arrays, only one predicate can bound it. */
function fieldIntervals(filter: Filter, path: string, multikey: boolean): readonly Interval[] {
  let bounds: readonly Interval[] = wholeField;
  for (const part of filter) {
    const next = partIntervals(part, path);
    if (next === undefined) continue;
    if (bounds === wholeField) bounds = next;
    else if (!multikey) bounds = intersect(bounds, next);
    else if (next.every(({ isPoint }) => isPoint) && !bounds.every(({ isPoint }) => isPoint)) bounds = next;
  }
  return bounds;
}

function partIntervals(part: Condition, path: string): readonly Interval[] | undefined {
  if (part.kind !== 'path' || part.path !== path) return undefined;
  // By position the index holds the element there; the filter also looks for a field of that name in each element.
  return /\.\d/.test(path) && leafMatches(part.leaf, undefined) ? undefined : leafIntervals(part.leaf);
}

/** 1: the index gives this sort forwards, −1: backwards, 0: not. */
function sortDirection(
  index: Index,
  bounds: readonly (readonly Interval[])[],
  points: number,
  sort: readonly SortField[],
): 1 | -1 | 0 {
  if (sort.length === 0) return 1;
  if (index.cut) return 0;
  const { fields } = index.spec;
  const fixed = (i: number) => bounds[i]!.length === 1 && bounds[i]![0]!.isPoint && !index.multikey[i] && i < points;
  let at = 0;
  let direction: 1 | -1 | 0 = 0;
  for (const wanted of sort) {
    const known = fields.findIndex((field) => field.path === wanted.path);
    if (known >= 0 && fixed(known)) continue;
    while (at < fields.length && fixed(at)) at++;
    const field = fields[at];
    if (field === undefined || field.path !== wanted.path || index.multikey[at]) return 0;
    const here = field.descending === wanted.descending ? 1 : -1;
    if (direction !== 0 && direction !== here) return 0;
    direction = here;
    at++;
  }
  return direction === 0 ? 1 : direction;
}

function keyRanges(index: Index, bounds: readonly (readonly Interval[])[], points: number): KeyRange[] {
  const { fields } = index.spec;
  let prefixes: Buffer[] = [Buffer.alloc(0)];
  for (let i = 0; i < points; i++) {
    const keys = directed(bounds[i]!, fields[i]!.descending).map((interval) => interval.from);
    prefixes = prefixes.flatMap((prefix) => keys.map((key) => Buffer.concat([prefix, key])));
  }
  const tail =
    points < fields.length ? tailOf(bounds[points]!, fields[points]!.descending, prefixes.length) : undefined;
  if (tail === undefined) return prefixes.map((prefix) => ({ from: storedBound(prefix), to: abovePrefix(prefix) }));
  return prefixes.flatMap((prefix) =>
    tail.map((interval) => {
      const end = Buffer.concat([prefix, interval.to]);
      // A bound that was cut does not say which of the keys that share its beginning are within.
      const isCut = storedBound(end).length < end.length;
      return { from: storedBound(Buffer.concat([prefix, interval.from])), to: isCut ? abovePrefix(end) : end };
    }),
  );
}

/** The intervals of the first field that is no point; all in one where they would be too many. */
function tailOf(intervals: readonly Interval[], descending: boolean, prefixes: number): readonly Interval[] {
  const tail = directed(intervals, descending);
  if (prefixes === 1 || tail.length * prefixes <= rangesMax) return tail;
  return [{ from: tail[0]!.from, to: tail.at(-1)!.to, isPoint: false }];
}
