// Intervals of one index field, as order keys, and what a filter's leaf means as such.
import { orderClass, orderKey } from '../bson/order.ts';
import { bsonType, elementsOf, numberOf, type Raw } from '../bson/raw.ts';
import type { Leaf } from '../query/filter.ts';

/** Order keys from `low` to `high`; both sides may be included. A point has the same bytes on both. */
export type Interval = {
  readonly low: Buffer;
  readonly high: Buffer;
  readonly lowIncluded: boolean;
  readonly highIncluded: boolean;
};

const lowest = Buffer.from([0]);
const highest = Buffer.from([0xfe]);

export const wholeField: readonly Interval[] = [{ low: lowest, high: highest, lowIncluded: true, highIncluded: true }];

export function isPoint(interval: Interval): boolean {
  return interval.low.equals(interval.high);
}

export function isWhole(intervals: readonly Interval[]): boolean {
  return intervals.length === 1 && intervals[0]!.low === lowest && intervals[0]!.high === highest;
}

function point(key: Buffer): Interval {
  return { low: key, high: key, lowIncluded: true, highIncluded: true };
}

const undefinedKey = Buffer.from([orderClass.undefined]);
const nullKey = Buffer.from([orderClass.null]);

/** The keys an index can hold for values that pass a leaf; undefined: the leaf says nothing about the keys. */
export function leafIntervals(leaf: Leaf): readonly Interval[] | undefined {
  switch (leaf.op) {
    case 'eq':
      return normalize(valuePoints(leaf.value));
    case 'in':
      return normalize(leaf.values.flatMap(valuePoints));
    case 'lt':
    case 'lte':
    case 'gt':
    case 'gte':
      return rangeIntervals(leaf.op, leaf.value, leaf.key);
    case 'type':
    case 'exists':
      return undefined;
  }
}

/** What equality to a value can be under: an array also under its first element, null also under undefined. */
function valuePoints(value: Raw): Interval[] {
  if (value.type === bsonType.null || value.type === bsonType.undefined) return [point(undefinedKey), point(nullKey)];
  if (value.type !== bsonType.array) return [point(orderKey(value))];
  const first = elementsOf(value)[0];
  return [point(first === undefined ? undefinedKey : orderKey(first)), point(orderKey(value))];
}

function rangeIntervals(op: 'lt' | 'lte' | 'gt' | 'gte', value: Raw, key: Buffer): readonly Interval[] | undefined {
  const order = key[0]!;
  if (order === orderClass.minKey || order === orderClass.maxKey || order === orderClass.array) return undefined;
  if (order === orderClass.null || order === orderClass.undefined) {
    return op === 'lt' || op === 'gt' ? [] : [point(undefinedKey), point(nullKey)];
  }
  if (order === orderClass.number && Number.isNaN(numberOf(value))) {
    return op === 'lt' || op === 'gt' ? [] : [point(key)];
  }
  const included = op === 'lte' || op === 'gte';
  if (op === 'lt' || op === 'lte') {
    return [{ low: Buffer.from([order]), high: key, lowIncluded: true, highIncluded: included }];
  }
  return [{ low: key, high: Buffer.from([order + 1]), lowIncluded: included, highIncluded: false }];
}

/** Sorted, without duplicates and overlaps. */
export function normalize(intervals: readonly Interval[]): readonly Interval[] {
  const sorted = [...intervals].sort((a, b) => a.low.compare(b.low) || Number(b.lowIncluded) - Number(a.lowIncluded));
  const out: Interval[] = [];
  for (const next of sorted) {
    const last = out.at(-1);
    if (last === undefined || !touches(last, next)) out.push(next);
    else out[out.length - 1] = union(last, next);
  }
  return out;
}

function touches(a: Interval, b: Interval): boolean {
  const side = a.high.compare(b.low);
  return side > 0 || (side === 0 && (a.highIncluded || b.lowIncluded));
}

function union(a: Interval, b: Interval): Interval {
  const side = a.high.compare(b.high);
  if (side > 0) return a;
  return { ...a, high: b.high, highIncluded: b.highIncluded || (side === 0 && a.highIncluded) };
}

/** What lies in both; both sorted. */
export function intersect(a: readonly Interval[], b: readonly Interval[]): readonly Interval[] {
  const out: Interval[] = [];
  for (const x of a) {
    for (const y of b) {
      const lowSide = x.low.compare(y.low);
      const highSide = x.high.compare(y.high);
      const low = lowSide >= 0 ? x.low : y.low;
      const high = highSide <= 0 ? x.high : y.high;
      const lowIncluded = lowSide > 0 ? x.lowIncluded : lowSide < 0 ? y.lowIncluded : x.lowIncluded && y.lowIncluded;
      const highIncluded =
        highSide < 0 ? x.highIncluded : highSide > 0 ? y.highIncluded : x.highIncluded && y.highIncluded;
      const side = low.compare(high);
      if (side < 0 || (side === 0 && lowIncluded && highIncluded)) out.push({ low, high, lowIncluded, highIncluded });
    }
  }
  return out;
}
