import { Int32, Long } from 'bson';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { rawOf } from '../bson/build.ts';
import { parseFilter } from '../query/parse-filter.ts';
import { applyUpdate } from '../update/apply-update.ts';
import { parseUpdate } from '../update/parse-update.ts';
import { upsertDocument } from '../update/upsert.ts';
import { document, name, number, scalar, value } from './documents.ts';
import { hex, raw, storeResult } from './to-the-byte.ts';
import { type Change, type Circumstances, type Doc, oracleUpdate } from './update.ts';

const modifiers = fc
  .record(
    {
      $each: fc.array(value, { maxLength: 3 }),
      $position: fc.integer({ min: -3, max: 4 }),
      $slice: fc.integer({ min: -3, max: 4 }),
      $sort: fc.oneof(
        fc.constantFrom<unknown>(1, -1),
        fc.constantFrom(
          new Map([['b', 1]]),
          new Map([
            ['a', -1],
            ['b', 1],
          ]),
        ),
      ),
    },
    { requiredKeys: ['$each'] },
  )
  .map((clauses): unknown => new Map(Object.entries(clauses)));

const pulled: fc.Arbitrary<unknown> = fc.oneof(
  value.filter((each) => !(each instanceof Map)),
  fc.tuple(fc.constantFrom('$gte', '$lt', '$eq', '$ne'), scalar).map((entry) => new Map([entry])),
  fc.tuple(name, scalar).map((entry) => new Map([entry])),
);

const mask = fc.oneof(
  fc.integer({ min: 0, max: 7 }).map((n) => new Int32(n)),
  fc.integer({ min: 0, max: 7 }).map((n) => Long.fromNumber(n)),
);

const path = fc.constantFrom(
  ...['a', 'b', 'c', 'a.b', 'a.0', 'a.1', 'b.c', 'a.b.c', 'a.0.b', 'c.3', 'c.b', 'b.0.0', 'b.10', 'b.9'],
  ...['a.$', 'a.$.b', 'b.$', 'a.$[]', 'a.$[].b', 'b.$[x]', 'a.$[x].c', 'c.b.$[]', 'b.$[].$[x]', 'c.$[x].0'],
  ...['a.$[x].a', 'a.$[x]', 'b.$[x].$[]', 'b.$.0', 'b.0.c'],
);

const change: fc.Arbitrary<Change> = fc
  .tuple(
    path,
    fc.oneof(
      { weight: 5, arbitrary: fc.tuple(fc.constantFrom('$set', '$min', '$max', '$setOnInsert'), value) },
      { weight: 2, arbitrary: fc.tuple(fc.constantFrom('$push', '$addToSet'), value) },
      { weight: 2, arbitrary: fc.tuple(fc.constant('$push'), modifiers) },
      {
        weight: 1,
        arbitrary: fc
          .tuple(fc.constant('$addToSet'), fc.array(value, { maxLength: 3 }))
          .map(([operator, each]) => [operator, new Map([['$each', each]])] as [string, unknown]),
      },
      { weight: 2, arbitrary: fc.constantFrom<[string, unknown]>(['$unset', ''], ['$currentDate', true]) },
      { weight: 3, arbitrary: fc.tuple(fc.constantFrom('$inc', '$mul'), number) },
      {
        weight: 1,
        arbitrary: fc.tuple(
          fc.constant('$bit'),
          fc.tuple(fc.constantFrom('and', 'or', 'xor'), mask).map(([op, by]) => ({ [op]: by })),
        ),
      },
      { weight: 2, arbitrary: fc.tuple(fc.constant('$pull'), pulled) },
      { weight: 1, arbitrary: fc.tuple(fc.constant('$pullAll'), fc.array(scalar, { maxLength: 2 })) },
      { weight: 1, arbitrary: fc.tuple(fc.constant('$pop'), fc.constantFrom(1, -1)) },
      { weight: 2, arbitrary: fc.tuple(fc.constant('$rename'), path) },
    ),
  )
  .map(([at, [operator, operand]]) => ({ operator, path: at, operand }));

/** One to three changes, none twice under one operator. Where they touch each other, both sides refuse them. */
const changes = fc.uniqueArray(change, {
  minLength: 1,
  maxLength: 3,
  selector: ({ operator, path: at }) => `${operator} ${at}`,
});

const around = fc.record({
  position: fc.option(fc.integer({ min: 0, max: 2 }), { nil: undefined }),
  filter: fc.oneof(
    fc.tuple(fc.constantFrom('$gt', '$lte', '$ne'), scalar).map(([operator, operand]) => ({ [operator]: operand })),
    scalar.filter((each) => each !== null),
  ),
  inserting: fc.boolean(),
});

const now = new Date(1_700_000_000_000);

function asked(all: readonly Change[]): Map<string, Doc> {
  const update = new Map<string, Doc>();
  for (const { operator, path: at, operand } of all)
    update.set(operator, new Map(update.get(operator) ?? []).set(at, operand));
  return update;
}

describe('an update', () => {
  it('does what the manual says, to the byte', () => {
    const done = { well: 0, refused: 0 };
    fc.assert(
      fc.property(document, changes, around, (before, all, { position, filter, inserting }) => {
        const uses = all.some((each) => each.path.includes('$[x]'));
        const filters = uses ? { x: filter } : {};
        const circumstances: Circumstances = {
          filters,
          inserting,
          now,
          ...(position === undefined ? {} : { position }),
        };
        const expected = oracleUpdate(before, all, circumstances);
        const got = storeResult(() => {
          const update = parseUpdate(raw(asked(all)), uses ? [raw(filters)] : []);
          return applyUpdate(update, raw(before), { inserting, now, ...(position === undefined ? {} : { position }) });
        });
        done[expected === 'error' ? 'refused' : 'well']++;
        expect(got).toBe(expected === 'error' ? 'error' : hex(expected));
      }),
      { numRuns: 20_000 },
    );
    expect(Math.min(done.well, done.refused)).toBeGreaterThan(2000);
  }, 60_000);

  it('that inserts begins with what the filter says, in the order of the paths', () => {
    const equal = fc.uniqueArray(fc.tuple(fc.constantFrom('c', 'b.b', 'b.a', 'a'), scalar), {
      selector: ([at]) => at,
      maxLength: 4,
    });
    fc.assert(
      fc.property(equal, changes, (fixed, all) => {
        const sets = fixed.map(([at, operand]) => ({ operator: '$set', path: at, operand }));
        const base = oracleUpdate(new Map([['_id', 7]]), sets) as Doc;
        const expected = oracleUpdate(base, all, { inserting: true, now });
        const filter = parseFilter(raw(new Map<string, unknown>([...fixed, ['_id', 7]])));
        const dynamic = all.some((each) => each.path.includes('$[x]'));
        const got = storeResult(() =>
          upsertDocument(filter, parseUpdate(raw(asked(all)), dynamic ? [rawOf({ x: 1 })] : []), now),
        );
        expect(got).toBe(expected === 'error' ? 'error' : hex(expected));
      }),
      { numRuns: 5000 },
    );
  });
});
