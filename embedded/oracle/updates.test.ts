import { BSON, Int32, Long } from 'bson';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { rawOf } from '../bson/build.ts';
import { bytesOf } from '../bson/raw.ts';
import { StoreError } from '../errors.ts';
import { applyUpdate } from '../update/apply-update.ts';
import { parseUpdate } from '../update/parse-update.ts';
import { oracleUpdate } from './update.ts';

const scalar = fc.oneof(
  fc.integer({ min: -3, max: 3 }).map((n) => new Int32(n)),
  fc.constantFrom<unknown>(new Int32(2 ** 31 - 1), Long.fromNumber(5), 'a', 'b', null, true),
);
const value = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3, depthSize: 'small' },
    { weight: 3, arbitrary: scalar },
    { weight: 2, arbitrary: fc.array(tie('value'), { maxLength: 3 }) },
    {
      weight: 2,
      arbitrary: fc.dictionary(fc.constantFrom('a', 'b', 'c'), tie('value'), { maxKeys: 3, noNullPrototype: true }),
    },
  ),
})).value;
const document = fc.dictionary(fc.constantFrom('a', 'b', 'c'), value, { maxKeys: 3, noNullPrototype: true });

const path = fc.constantFrom('a', 'b', 'a.b', 'a.0', 'a.1', 'b.c', 'a.b.c', 'a.0.b', 'c.3', 'b.0.0');
const change: fc.Arbitrary<[operator: string, operand: unknown]> = fc.oneof(
  fc.tuple(fc.constantFrom('$set', '$min', '$max', '$push', '$addToSet'), value),
  fc.tuple(fc.constant('$unset'), fc.constant('')),
  fc.tuple(fc.constant('$inc'), fc.integer({ min: -2, max: 5 })),
  fc.tuple(fc.constant('$pullAll'), fc.array(scalar, { maxLength: 2 })),
  fc.tuple(fc.constant('$pop'), fc.constantFrom(1, -1)),
);

/** One or two changes, on paths that do not touch each other. */
const update = fc
  .array(fc.tuple(path, change), { minLength: 1, maxLength: 2 })
  .filter(([x, y]) => y === undefined || !(`${x![0]}.`.startsWith(`${y[0]}.`) || `${y[0]}.`.startsWith(`${x![0]}.`)))
  .map((changes) => {
    const out: Record<string, Record<string, unknown>> = {};
    for (const [at, [operator, operand]] of changes) out[operator] = { ...out[operator], [at]: operand };
    return out;
  });

function storeUpdate(before: Record<string, unknown>, asked: Record<string, Record<string, unknown>>): unknown {
  try {
    const after = applyUpdate(parseUpdate(rawOf(asked)), rawOf(before), { inserting: false, now: new Date() });
    // Through JavaScript once, because there names like "0" come first, and so they do in the oracle.
    return hex(BSON.deserialize(bytesOf(after), { promoteValues: false }));
  } catch (error) {
    if (error instanceof StoreError) return 'error';
    throw error;
  }
}

const hex = (doc: object) => Buffer.from(BSON.serialize(doc)).toString('hex');

describe('an update', () => {
  it('does what the manual says, to the byte', () => {
    fc.assert(
      fc.property(document, update, (before, asked) => {
        const expected = oracleUpdate(before, asked);
        const bytes = expected === 'error' ? 'error' : hex(expected);
        expect(storeUpdate(before, asked)).toBe(bytes);
      }),
      { numRuns: 20_000 },
    );
  });
});
