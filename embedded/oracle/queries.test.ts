// Any query gives what the oracle gives, by a scan and through every index, in the order asked for.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BSON } from 'bson';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { rawOf } from '../bson/build.ts';
import { bytesOf } from '../bson/raw.ts';
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
import { raw } from './to-the-byte.ts';
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

async function indexed(specs: readonly object[]): Promise<Collection> {
  await catalog.drop('t.rows');
  const collection = await catalog.create('t.rows');
  for (const spec of specs) {
    const index = await catalog.prepareIndex(parseIndexSpec(rawOf({ v: 2, ...spec })));
    index.builtTo = Number.POSITIVE_INFINITY;
    await environment.write(() => catalog.publish(collection, [...collection.indexes, index]));
  }
  return collection;
}

/** Does a write; answers the code's name of an error of the store. */
function codeOf(write: () => void): string | undefined {
  try {
    write();
    return undefined;
  } catch (error) {
    if (error instanceof StoreError) return error.codeName;
    throw error;
  }
}

type Documents = readonly Record<string, unknown>[];

/** A collection with all indexes and those of the documents that they can hold; some replace earlier ones. */
async function collectionOf(docs: Documents, later: Documents = []): Promise<[Collection, Row[]]> {
  const collection = await indexed(indexes);
  const rows: Row[] = [];
  await environment.write(() => {
    docs.forEach((doc, _id) => {
      const why = codeOf(() => collection.insert(raw({ _id, ...doc })));
      if (why === undefined) rows.push({ _id, ...doc });
      else expect(why).toBe('CannotIndexParallelArrays');
    });
    const records = collection.recordsAfter(0, docs.length);
    later.slice(0, rows.length).forEach((doc, i) => {
      const row = { _id: rows[i]!._id, ...doc };
      const { record, document } = records[i]!;
      if (codeOf(() => collection.replace(record, document, raw(row))) === undefined) rows[i] = row;
    });
    if (later.length > 1 && rows.length > 1) {
      const { record } = records[0]!;
      collection.remove(record, collection.document(record)!);
      rows.shift();
    }
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
      fc.asyncProperty(many, fc.array(documents, { maxLength: 4 }), asked, async (docs, later, wanted) => {
        const [collection, rows] = await collectionOf(docs, later);
        for (const filter of wanted) {
          const expected = ids(rows.filter((row) => oracleMatches(filter, row)));
          expect(ids(await query(collection, filter, {}, '$natural')), JSON.stringify(filter)).toEqual(expected);
          expect(ids(await query(collection, filter)), JSON.stringify(filter)).toEqual(expected);
          for (const index of collection.indexes) {
            if (index.spec.sparse || index.filter !== undefined) continue;
            expect([index.spec.name, ...ids(await query(collection, filter, {}, index))]).toEqual([
              index.spec.name,
              ...expected,
            ]);
          }
        }
      }),
      { numRuns: 250 },
    );
  }, 120_000);

  it('is kept from two documents with one key of a unique index', async () => {
    const specs = [
      { key: { a: 1 }, name: 'a', unique: true },
      { key: { b: 1 }, name: 'b', unique: true, sparse: true },
      { key: { c: 1 }, name: 'c', unique: true, partialFilterExpression: { c: { $gt: 0 } } },
    ];
    const steps = fc.array(fc.tuple(documents, fc.option(fc.nat({ max: 5 }))), { maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(steps, async (wanted) => {
        const collection = await indexed(specs);
        const rows: Row[] = [];
        await environment.write(() => {
          wanted.forEach(([doc, replaced], i) => {
            const old = replaced === null ? undefined : rows[replaced];
            const row = { ...doc, _id: old?._id ?? i };
            const taken = rows.some((other) => other !== old && sharesKey(row, other));
            const records = collection.recordsAfter(0, rows.length);
            const why = codeOf(() => {
              if (old === undefined) collection.insert(raw(row));
              else collection.replace(records[replaced!]!.record, records[replaced!]!.document, raw(row));
            });
            expect(why).toBe(taken ? 'DuplicateKey' : undefined);
            if (why === undefined && old === undefined) rows.push(row);
            else if (why === undefined) rows[replaced!] = row;
          });
        });
        expect(ids(await query(collection, {}, {}, '$natural'))).toEqual(ids(rows));
      }),
      { numRuns: 300 },
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
            { 'a.b': direction },
            { 'a.b': direction, 'a.c': -direction },
            { 'b.a': direction, c: 1 },
          ] as Record<string, number>[]) {
            if (expected.some((row) => sortTuples(sort, row) === 'parallel')) {
              await expect(query(collection, filter, sort)).rejects.toMatchObject({ code: 2 });
              continue;
            }
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

/** The manual: each element of an array is a key, a missing field is null, and an empty array is a key of its own. */
function keysOf(value: unknown): readonly unknown[] {
  if (!Array.isArray(value)) return [value ?? null];
  return value.length === 0 ? [emptyArray] : value;
}

/** Whether one of the three unique indexes would hold a key of both. */
function sharesKey(a: Record<string, unknown>, b: Record<string, unknown>): boolean {
  const same = (name: string) =>
    keysOf(a[name]).some((x) =>
      keysOf(b[name]).some((y) => (x === emptyArray || y === emptyArray ? x === y : compare(x, y) === 0)),
    );
  const positive = (row: Record<string, unknown>) => oracleMatches({ c: { $gt: 0 } }, row);
  return same('a') || ('b' in a && 'b' in b && same('b')) || (positive(a) && positive(b) && same('c'));
}

type Tuple = readonly unknown[];

/** All values that a document has for the fields of a sort, together where one array holds them. */
function sortTuples(sort: Record<string, number>, row: Record<string, unknown>): readonly Tuple[] | 'parallel' {
  const paths = Object.keys(sort).map((path) => path.split('.'));
  const tops = [...new Set(paths.map(([top]) => top!))];
  const perTop = tops.map((top) => {
    const rests = paths.filter((path) => path[0] === top).map((path) => path.slice(1));
    return { rests, value: row[top] };
  });
  const spread = perTop.map(({ rests, value }) => tuplesBelow(rests, value));
  if (spread.some((each) => each === 'parallel')) return 'parallel';
  const lists = spread as { readonly tuples: readonly Tuple[]; readonly array: boolean }[];
  if (lists.filter(({ array }) => array).length > 1) return 'parallel';
  return lists.reduce<readonly Tuple[]>((all, { tuples }) => all.flatMap((x) => tuples.map((y) => [...x, ...y])), [[]]);
}

/** For paths of one name or none below one value, as the tests have them. */
function tuplesBelow(
  rests: readonly (readonly string[])[],
  value: unknown,
): { readonly tuples: readonly Tuple[]; readonly array: boolean } | 'parallel' {
  if (rests.every((rest) => rest.length === 0))
    return { tuples: elementsFor(value).map((x) => [x]), array: Array.isArray(value) };
  const holders = Array.isArray(value) ? (value.length === 0 ? [undefined] : value) : [value];
  let array = Array.isArray(value);
  const tuples: Tuple[] = [];
  for (const holder of holders) {
    const own = rests.map(([name]) => (rankOf(holder) === 5 ? (holder as Record<string, unknown>)[name!] : undefined));
    if (own.filter(Array.isArray).length > 1) return 'parallel';
    if (own.some(Array.isArray)) array = true;
    tuples.push(
      ...own.map(elementsFor).reduce<Tuple[]>((all, list) => all.flatMap((x) => list.map((y) => [...x, y])), [[]]),
    );
  }
  return { tuples, array };
}

function elementsFor(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? (value.length === 0 ? [emptyArray] : value) : [value];
}

/** The manual's order for a sort: of an array the least element counts ascending, the greatest descending. */
function bySort(sort: Record<string, number>, a: Record<string, unknown>, b: Record<string, unknown>): number {
  const directions = Object.values(sort);
  const order = (x: Tuple, y: Tuple): number => {
    for (const [i, direction] of directions.entries()) {
      const side = (sortRank(x[i]) - sortRank(y[i]) || compare(x[i], y[i])) * direction;
      if (side !== 0) return side;
    }
    return 0;
  };
  const first = (row: Record<string, unknown>) => [...(sortTuples(sort, row) as readonly Tuple[])].sort(order)[0]!;
  return order(first(a), first(b));
}

const emptyArray = Symbol('an empty array: below null, above MinKey');

function sortRank(value: unknown): number {
  return value === emptyArray ? 1.5 : rankOf(value);
}
