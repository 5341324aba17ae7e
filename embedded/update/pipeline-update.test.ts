// Pipelines keep the types of what they do not compute, and compute as MongoDB does.
import { BSON, Decimal128, Double, Int32, Long } from 'bson';
import { describe, expect, it } from 'vitest';
import { rawOf } from '../bson/build.ts';
import { bytesOf, type Raw } from '../bson/raw.ts';
import { applyUpdate } from './apply-update.ts';
import { parseUpdate } from './parse-update.ts';

const now = new Date(7);

function run(before: object, stages: readonly object[]): unknown {
  const update = parseUpdate(rawOf(stages), [], { now, variables: new Map<string, Raw>([['given', rawOf('v')]]) });
  const after = applyUpdate(update, rawOf({ _id: 1, ...before }), { inserting: false, now });
  const { _id, ...rest } = BSON.deserialize(bytesOf(after), { promoteValues: false });
  return rest;
}

const code = (stages: readonly object[], before: object = {}): unknown => {
  try {
    return run(before, stages);
  } catch (error) {
    return (error as { readonly code?: number }).code;
  }
};

const typed = {
  l: Long.fromBigInt(2n ** 60n + 1n),
  d: new Double(2),
  x: Decimal128.fromString('1.50'),
  i: new Int32(3),
};

describe('an update pipeline', () => {
  it('keeps the type of every value it copies or leaves alone', () => {
    expect(run(typed, [{ $replaceWith: { $mergeObjects: ['$$ROOT', { z: 1 }] } }])).toEqual({
      ...typed,
      z: new Int32(1),
    });
    expect(run({ a: typed }, [{ $set: { l: '$a.l', list: ['$a.d', '$none'], o: { x: '$a.x' } } }])).toEqual({
      a: typed,
      l: typed.l,
      list: [typed.d, null],
      o: { x: typed.x },
    });
    expect(run(typed, [{ $set: { y: { $cond: [true, '$l', 0] }, z: { $ifNull: ['$none', '$d'] } } }])).toEqual({
      ...typed,
      y: typed.l,
      z: typed.d,
    });
  });

  it('adds in the widest of the types, and overflows int to long to double', () => {
    const sum = (...values: unknown[]) => (run({}, [{ $set: { sum: { $add: values } } }]) as { sum: unknown }).sum;
    expect(sum(1, 2)).toEqual(new Int32(3));
    expect(sum(new Double(1), 1)).toEqual(new Double(2));
    expect(sum(new Int32(2 ** 31 - 1), 1)).toEqual(Long.fromBigInt(2n ** 31n));
    expect(sum(Long.fromNumber(4), 1)).toEqual(Long.fromNumber(5));
    expect(sum(Long.MAX_VALUE, 1)).toEqual(new Double(2 ** 63));
    expect(sum(Decimal128.fromString('1.50'), Long.fromBigInt(2n ** 60n + 1n))).toEqual(
      Decimal128.fromString('1152921504606846978.50'),
    );
    expect(sum(Decimal128.fromString('1'), new Double(0.1))).toEqual(Decimal128.fromString('1.100000000000000'));
    expect(sum(new Date(5), 10)).toEqual(new Date(15));
    expect(sum(1, null)).toBe(null);
    expect(code([{ $set: { sum: { $add: ['a', 1] } } }])).toBe(14);
  });

  it('sets below arrays in every element, and takes away what is nothing', () => {
    expect(run({ a: [{ c: 'x' }, 'y', [{ d: 'z' }]] }, [{ $set: { 'a.b': true } }])).toEqual({
      a: [{ c: 'x', b: true }, { b: true }, [{ d: 'z', b: true }]],
    });
    expect(run({ a: 'x', b: { c: 'y', d: 'z' } }, [{ $set: { a: '$none', b: { c: '$$REMOVE' } } }])).toEqual({
      b: { d: 'z' },
    });
    expect(run({ a: 'x', b: 'y' }, [{ $unset: ['a'] }, { $project: { _id: 1, b: 1 } }])).toEqual({ b: 'y' });
  });

  it('reads paths through arrays, variables and literals', () => {
    expect(run({ a: [{ b: 'x' }, 'y', { b: 'z' }] }, [{ $set: { got: '$a.b', first: '$a.0' } }])).toMatchObject({
      got: ['x', 'z'],
      first: [],
    });
    expect(run({}, [{ $set: { a: '$$NOW', b: '$$given', c: { $literal: '$a' } } }])).toEqual({
      a: now,
      b: 'v',
      c: '$a',
    });
    expect(run({}, [{ $replaceWith: { $setField: { field: 'a.b', input: '$$ROOT', value: 'v' } } }])).toEqual({
      'a.b': 'v',
    });
  });

  it('compares by order and across types, nothing below null', () => {
    const test = (operator: string, a: unknown, b: unknown) =>
      (run({}, [{ $set: { is: { [operator]: [a, b] } } }]) as { is: unknown }).is;
    expect(test('$eq', new Int32(1), new Double(1))).toBe(true);
    expect(test('$lt', '$none', null)).toBe(true);
    expect(test('$eq', '$none', null)).toBe(false);
    expect(test('$gt', 'a', 5)).toBe(true);
  });

  it('refuses what it does not know with 168, and what MongoDB refuses with its codes', () => {
    expect(code([{ $set: { a: { $toUpper: 'x' } } }])).toBe(168);
    expect(code([{ $set: { a: '$$nobody' } }])).toBe(17276);
    expect(code([{ $set: { a: { $eq: [1] } } }])).toBe(16020);
    expect(code([{ $replaceWith: 'x' }])).toBe(40228);
    expect(code([{ $group: { _id: 1 } }])).toBe(72);
    expect(code([{ $set: { _id: 2 } }])).toBe(66);
  });
});
