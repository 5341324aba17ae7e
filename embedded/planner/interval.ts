// Intervals of one index field, as order keys, and what a filter's condition means as such. No key begins another, so
// what begins with a key's bytes lies between that key and the bytes just above it.
import { orderClass, orderKey } from '../bson/order.ts';
import { bsonType, elementsOf, numberOf, type Raw } from '../bson/raw.ts';
import type { Leaf } from '../query/filter.ts';

/** From the first key to before the end. A point holds one key, the first. */
export type Interval = { readonly from: Buffer; readonly to: Buffer; readonly isPoint: boolean };

/** Of a field of which a filter says nothing. */
export const wholeField: readonly Interval[] = [{ from: Buffer.from([0]), to: Buffer.from([0xff]), isPoint: false }];

/** The least bytes above all that begin with these, which must not all be 0xff. */
function above(key: Buffer): Buffer {
  let last = key.length - 1;
  while (key[last] === 0xff) last--;
  const out = Buffer.from(key.subarray(0, last + 1));
  out[last]!++;
  return out;
}

function point(from: Buffer): Interval {
  return { from, to: above(from), isPoint: true };
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
  const orEqual = op === 'lte' || op === 'gte';
  if (order === orderClass.null || order === orderClass.undefined) {
    return orEqual ? [point(undefinedKey), point(nullKey)] : [];
  }
  if (order === orderClass.number && Number.isNaN(numberOf(value))) return orEqual ? [point(key)] : [];
  if (op === 'lt' || op === 'lte') {
    return [{ from: Buffer.from([order]), to: orEqual ? above(key) : key, isPoint: false }];
  }
  return [{ from: orEqual ? key : above(key), to: Buffer.from([order + 1]), isPoint: false }];
}

/** Sorted, without duplicates and overlaps. Points side by side stay points. */
function normalize(intervals: readonly Interval[]): readonly Interval[] {
  const out: Interval[] = [];
  for (const next of [...intervals].sort((a, b) => a.from.compare(b.from))) {
    const last = out.at(-1);
    if (last === undefined || last.to.compare(next.from) <= 0) out.push(next);
    else {
      const to = last.to.compare(next.to) < 0 ? next.to : last.to;
      out[out.length - 1] = { from: last.from, to, isPoint: last.isPoint && next.isPoint };
    }
  }
  return out;
}

/** What lies in both; both sorted. */
export function intersect(a: readonly Interval[], b: readonly Interval[]): readonly Interval[] {
  return a.flatMap((x) =>
    b.flatMap((y): Interval[] => {
      const from = x.from.compare(y.from) < 0 ? y.from : x.from;
      const to = x.to.compare(y.to) < 0 ? x.to : y.to;
      return from.compare(to) < 0 ? [{ from, to, isPoint: x.isPoint || y.isPoint }] : [];
    }),
  );
}

export function same(a: readonly Interval[], b: readonly Interval[]): boolean {
  return a.length === b.length && a.every(({ from, to }, i) => from.equals(b[i]!.from) && to.equals(b[i]!.to));
}

/** As they lie in an index: of a descending field all bytes are inverted, and the order with them. */
export function directed(intervals: readonly Interval[], descending: boolean): readonly Interval[] {
  if (!descending || intervals === wholeField) return intervals;
  const turned = intervals.map(({ from, to, isPoint }) =>
    isPoint ? point(inverted(from)) : { from: above(inverted(to)), to: above(inverted(from)), isPoint },
  );
  return turned.reverse();
}

function inverted(key: Buffer): Buffer {
  return Buffer.from(key.map((byte) => ~byte));
}
