import { type Document, Int32 } from 'bson';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { elementsOf } from '../bson/raw.ts';
import { openTestStore, type TestStore } from '../open-test-store.ts';
import { compilePipeline } from '../update/pipeline-update.ts';
import { document, scalar, value } from './documents.ts';
import { filters } from './filters.ts';
import { oracleMatches } from './match.ts';
import { oraclePipeline, type Stage } from './pipeline.ts';
import { hex, raw, storeResult } from './to-the-byte.ts';
import { type Doc, plain } from './update.ts';

const paths = ['a', 'b', 'c', 'a.b', 'a.c', 'b.a', 'b.c.a', 'c.0', 'd'];
const doc = (...fields: readonly [string, unknown][]): Doc => new Map(fields);

const { expression } = fc.letrec<{ expression: unknown }>((tie) => ({
  expression: fc.oneof(
    { maxDepth: 3, depthSize: 'small' },
    { weight: 3, arbitrary: scalar.filter((each) => typeof each !== 'boolean') },
    {
      weight: 5,
      arbitrary: fc.constantFrom(
        '$a',
        '$b',
        '$a.b',
        '$a.c.b',
        '$a.0',
        '$$ROOT',
        '$$ROOT.b',
        '$$x',
        '$$x.a',
        '$$REMOVE',
      ),
    },
    { weight: 1, arbitrary: fc.array(tie('expression'), { maxLength: 2 }) },
    { weight: 1, arbitrary: fc.tuple(fc.constantFrom('a', 'b'), tie('expression')).map((field) => doc(field)) },
    { weight: 1, arbitrary: value.map((each) => doc(['$literal', each])) },
    { weight: 1, arbitrary: fc.tuple(tie('expression'), tie('expression')).map((pair) => doc(['$eq', pair])) },
    {
      weight: 1,
      arbitrary: fc
        .tuple(fc.constantFrom<unknown>('a', doc(['$literal', '$b.c'])), tie('expression'), tie('expression'))
        .map(([field, input, value]) => doc(['$setField', doc(['field', field], ['input', input], ['value', value])])),
    },
  ),
}));

const touch = (x: string, y: string) => `${x}.`.startsWith(`${y}.`) || `${y}.`.startsWith(`${x}.`);
const somePaths = fc.uniqueArray(fc.constantFrom(...paths), { minLength: 1, maxLength: 3, comparator: touch });

/** Not a document: in $project its numbers and flags would say what stays. */
const computed = expression.filter((each) => !(each instanceof Map) || [...each.keys()][0]!.startsWith('$'));
/** A number says that a field stays, too; the oracle takes flags only. */
const asProjected = computed.map((each) =>
  typeof each === 'object' && isNumber(each) ? doc(['$literal', each]) : each,
);

function isNumber(value: object | null): boolean {
  return (
    value !== null &&
    '_bsontype' in value &&
    ['Int32', 'Double', 'Long', 'Decimal128'].includes(String(value._bsontype))
  );
}

const project = fc
  .tuple(somePaths, fc.array(asProjected, { minLength: 3, maxLength: 3 }), fc.nat(7), fc.nat(3))
  .map(([names, values, mask, id]) => {
    const excludes = mask === 7;
    const body = doc(
      ...names.map((name, i): [string, unknown] => [name, excludes ? false : mask & (1 << i) ? true : values[i]]),
    );
    return (id < 2 ? new Map([...body, ['_id', id === 1]]) : body) as Doc;
  });

const stage: fc.Arbitrary<Stage> = fc.oneof(
  fc
    .tuple(fc.constantFrom('$set', '$addFields'), somePaths, fc.array(expression, { minLength: 3, maxLength: 3 }))
    .map(
      ([name, names, values]): Stage => [name, doc(...names.map((path, i): [string, unknown] => [path, values[i]]))],
    ),
  somePaths.map((names): Stage => ['$unset', names.length === 1 ? names[0] : names]),
  project.map((body): Stage => ['$project', body]),
  expression.map((root): Stage => ['$replaceWith', root]),
  expression.map((newRoot): Stage => ['$replaceRoot', doc(['newRoot', newRoot])]),
);
const stages = fc.array(stage, { minLength: 1, maxLength: 3 });

describe('a pipeline', () => {
  it('makes of a document what the manual says, to the byte', () => {
    const done = { well: 0, refused: 0 };
    const withId = fc.tuple(fc.boolean(), document).map(([id, rest]) => (id ? new Map([['_id', 7], ...rest]) : rest));
    fc.assert(
      fc.property(withId as fc.Arbitrary<Doc>, stages, value, (before, wanted, x) => {
        const expected = oraclePipeline(before, wanted, { x });
        const got = storeResult(() => {
          const context = { variables: new Map([['x', elementsOf(raw({ x }))[0]]]) };
          const given = raw({ stages: wanted.map((each) => new Map([each])) });
          return compilePipeline(elementsOf(elementsOf(given)[0]!), context)(raw(before));
        });
        done[expected === 'error' ? 'refused' : 'well']++;
        expect(got).toBe(expected === 'error' ? 'error' : hex(expected));
      }),
      { numRuns: 20_000 },
    );
    expect(Math.min(done.well, done.refused)).toBeGreaterThan(2000);
  }, 60_000);
});

describe('an aggregate', () => {
  let test: TestStore;
  beforeAll(async () => {
    test = await openTestStore();
    await test.db.collection('rows').createIndex({ a: 1 });
  });
  afterAll(() => test.close());

  it('gives the documents that match, in order, as its stages make them, or their number', async () => {
    const docs = fc.array(document, { minLength: 1, maxLength: 8 });
    const small = fc.record({
      $sort: fc.constantFrom(1, -1),
      $skip: fc.nat(3),
      $limit: fc.integer({ min: 1, max: 5 }),
      counts: fc.boolean(),
    });
    const rows = test.db.collection<{ _id: number }>('rows');
    await fc.assert(
      fc.asyncProperty(docs, filters, small, stages, async (given, filter, { $sort, $skip, $limit, counts }, made) => {
        const all = given.map((each, _id): Doc => new Map<string, unknown>([['_id', _id], ...each]));
        await rows.deleteMany({});
        await rows.insertMany(all as never);
        const found = all.filter((each) => oracleMatches(filter, plain(each)));
        if ($sort < 0) found.reverse();
        const page = found.slice($skip, $skip + $limit);
        const head = [{ $match: filter }, { $sort: { _id: $sort } }, { $skip }, { $limit }];
        const count = { $group: { _id: null, n: { $sum: 1 } } };
        const tail = counts ? [count] : made.map((each) => new Map([each]));
        const expected = counts ? [] : page.map((each) => oraclePipeline(each, made, { x: new Int32(1) }));
        if (counts && page.length > 0)
          expected.push(
            new Map<string, unknown>([
              ['_id', null],
              ['n', page.length],
            ]),
          );
        const answer = rows.aggregate([...head, ...tail] as Document[], {
          batchSize: 2,
          raw: true,
          let: { x: 1 },
        });
        const got = await answer.toArray().catch(() => 'error' as const);
        if (expected.includes('error')) expect(got).toBe('error');
        else
          expect((got as unknown as Buffer[]).map((each) => each.toString('hex'))).toEqual(
            (expected as Doc[]).map(hex),
          );
      }),
      { numRuns: 300 },
    );
  }, 60_000);
});
