// Any query gives what the oracle gives, by a scan and through every index, in the order asked for.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BSON } from 'bson';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { rawOf } from '../bson/build.ts';
import { bytesOf, rawDocument } from '../bson/raw.ts';
import { StoreError } from '../errors.ts';
import { parseIndexSpec } from '../keys/index-spec.ts';
import { choosePlan, type Hint } from '../planner/plan.ts';
import { parseFilter } from '../query/parse-filter.ts';
import { parseSort } from '../query/sort.ts';
import { Stream } from '../query/stream.ts';
import { Catalog } from '../storage/catalog.ts';
import type { Collection } from '../storage/collection.ts';
import { Environment } from '../storage/environment.ts';
import { compare, rankOf } from './compare.ts';
import { filters } from './filters.ts';
import { oracleMatches } from './match.ts';
import { documents } from './values.ts';

let folder: string;
let environment: Environment;
let catalog: Catalog;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'embedded-queries-'));
  environment = new Environment(folder);
  catalog = new Catalog(environment);
});

afterAll(async () => {
  await environment.close();
  rmSync(folder, { recursive: true });
});

const indexes = [
  { key: { a: 1 }, name: 'a' },
  { key: { a: -1, b: 1 }, name: 'a-b' },
  { key: { 'a.b': 1 }, name: 'ab' },
  { key: { 'a.b': 1, 'a.c': 1 }, name: 'abac' },
  { key: { b: 1, c: -1, a: 1 }, name: 'bca' },
  { key: { 'a.0': 1 }, name: 'a0' },
  { key: { c: 1 }, name: 'sparse', sparse: true },
  { key: { b: 1 }, name: 'partial', partialFilterExpression: { a: { $gt: 0 } } },
  { key: { c: 1, b: 1 }, name: 'partial2', partialFilterExpression: { b: { $exists: true } } },
];

type Row = { readonly _id: number; readonly [name: string]: unknown };

/** A collection with all indexes and those of the documents that they can hold. */
async function collectionOf(docs: readonly Record<string, unknown>[]): Promise<[Collection, Row[]]> {
  await catalog.drop('t.rows');
  const collection = await catalog.create('t.rows');
  for (const spec of indexes) {
    const index = await catalog.prepareIndex(parseIndexSpec(rawOf({ v: 2, ...spec })));
    index.builtTo = Number.POSITIVE_INFINITY;
    await environment.write(() => catalog.publish(collection, [...collection.indexes, index]));
  }
  const rows: Row[] = [];
  await environment.write(() => {
    docs.forEach((doc, _id) => {
      try {
        collection.insert(rawDocument(Buffer.from(BSON.serialize({ _id, ...doc }))));
        rows.push({ _id, ...doc });
      } catch (error) {
        if (!(error instanceof StoreError && error.codeName === 'CannotIndexParallelArrays')) throw error;
      }
    });
  });
  return [collection, rows];
}

async function query(
  collection: Collection,
  filter: Record<string, unknown>,
  sort: Record<string, number> = {},
  hint?: Hint,
): Promise<Record<string, unknown>[]> {
  const parsed = parseFilter(rawOf(filter));
  const fields = parseSort(rawOf(sort));
  const plan = choosePlan(collection, parsed, fields, hint);
  const stream = new Stream({ collection, plan, filter: parsed, sort: fields, skip: 0, limit: 0 });
  const batch = await stream.batch(Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY);
  return batch.documents.map((each) => BSON.deserialize(bytesOf(each), { promoteValues: false, bsonRegExp: true }));
}

const ids = (rows: readonly Record<string, unknown>[]) => rows.map((row) => Number(row._id)).sort((a, b) => a - b);

describe('a query', () => {
  it('finds what the oracle finds, through any index and without one', async () => {
    const many = fc.array(documents, { minLength: 1, maxLength: 12 });
    const asked = fc.array(filters, { minLength: 4, maxLength: 8 });
    await fc.assert(
      fc.asyncProperty(many, asked, async (docs, wanted) => {
        const [collection, rows] = await collectionOf(docs);
        for (const filter of wanted) {
          const expected = ids(rows.filter((row) => oracleMatches(filter, row)));
          expect(ids(await query(collection, filter, {}, { natural: 1 })), JSON.stringify(filter)).toEqual(expected);
          expect(ids(await query(collection, filter)), JSON.stringify(filter)).toEqual(expected);
          for (const index of collection.indexes) {
            if (index.spec.sparse || index.filter !== undefined) continue;
            expect([index.spec.name, ...ids(await query(collection, filter, {}, { index }))]).toEqual([
              index.spec.name,
              ...expected,
            ]);
          }
        }
      }),
      { numRuns: 250 },
    );
  }, 120_000);

  it('sorts alike through an index and in memory', async () => {
    const many = fc.array(documents, { minLength: 1, maxLength: 12 });
    const asked = fc.array(fc.tuple(filters, fc.constantFrom('a', 'b', 'c'), fc.constantFrom(1, -1)), { maxLength: 5 });
    await fc.assert(
      fc.asyncProperty(many, asked, async (docs, wanted) => {
        const [collection, rows] = await collectionOf(docs);
        for (const [filter, path, direction] of wanted) {
          const expected = rows.filter((row) => oracleMatches(filter, row));
          for (const sort of [
            { [path]: direction },
            { a: direction, b: -direction },
            { b: direction, c: -direction },
          ] as Record<string, number>[]) {
            const found = await query(collection, filter, sort);
            expect(ids(found)).toEqual(ids(expected));
            for (let i = 1; i < found.length; i++)
              expect(bySort(sort, found[i - 1]!, found[i]!)).toBeLessThanOrEqual(0);
          }
        }
      }),
      { numRuns: 150 },
    );
  }, 120_000);
});

/** The manual's order for a sort: of an array the least element counts ascending, the greatest descending. */
function bySort(sort: Record<string, number>, a: Record<string, unknown>, b: Record<string, unknown>): number {
  for (const [path, direction] of Object.entries(sort)) {
    const [x, y] = [sortValue(a[path], direction), sortValue(b[path], direction)];
    const side = (sortRank(x) - sortRank(y) || compare(x, y)) * direction;
    if (side !== 0) return side;
  }
  return 0;
}

const emptyArray = Symbol('an empty array: below null, above MinKey');

function sortValue(value: unknown, direction: number): unknown {
  if (!Array.isArray(value)) return value;
  if (value.length === 0) return emptyArray;
  return [...value].sort((x, y) => compare(x, y) * direction)[0];
}

function sortRank(value: unknown): number {
  return value === emptyArray ? 1.5 : rankOf(value);
}
