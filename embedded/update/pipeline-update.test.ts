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
    expect(run({ a: typed }, [{ $set: { l: '$a.l', list: ['$a.d', '$none'], o: { x: '$a.x' } } }])).toEqual({
      a: typed,
      l: typed.l,
      list: [typed.d, null],
      o: { x: typed.x },
    });
    expect(run({ a: typed }, [{ $replaceRoot: { newRoot: '$a' } }])).toEqual(typed);
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

  it('compares across types, and tells nothing from null', () => {
    const same = (a: unknown, b: unknown) => (run({}, [{ $set: { is: { $eq: [a, b] } } }]) as { is: unknown }).is;
    expect(same(new Int32(1), new Double(1))).toBe(true);
    expect(same('$none', null)).toBe(false);
    expect(same('$none', '$nothing')).toBe(true);
  });

  it('refuses what it does not know with 168, and what MongoDB refuses with its codes', () => {
    expect(code([{ $set: { a: { $toUpper: 'x' } } }])).toBe(168);
    expect(code([{ $set: { a: '$$nobody' } }])).toBe(17276);
    expect(code([{ $set: { a: { $eq: [1] } } }])).toBe(16020);
    expect(code([{ $set: { 'a.b': 1, a: 1 } }])).toBe(40176);
    expect(code([{ $project: { a: 1, b: 0 } }])).toBe(31254);
    expect(code([{ $replaceWith: 'x' }])).toBe(40228);
    expect(code([{ $group: { _id: 1 } }])).toBe(72);
    expect(code([{ $set: { _id: 2 } }])).toBe(66);
  });
});
