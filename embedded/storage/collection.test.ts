import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { rawOf } from '../bson/build.ts';
import { parseIndexSpec } from '../keys/index-spec.ts';
import { Catalog } from './catalog.ts';
import type { Collection } from './collection.ts';
import { Environment } from './environment.ts';

let folder: string;
let environment: Environment;
let catalog: Catalog;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'embedded-collection-'));
  environment = new Environment(folder);
  catalog = new Catalog(environment);
});

afterEach(async () => {
  await environment.close();
  rmSync(folder, { recursive: true });
});

const specs = [
  { key: { a: 1 }, name: 'a', unique: true },
  { key: { b: -1, a: 1 }, name: 'b' },
  { key: { c: 1, b: 1 }, name: 'c', unique: true, partialFilterExpression: { c: { $exists: true } } },
  { key: { d: 1 }, name: 'd', sparse: true },
];

async function open(namespace: string): Promise<Collection> {
  const rows = await catalog.create(namespace);
  for (const spec of specs) {
    const index = await catalog.prepareIndex(parseIndexSpec(rawOf({ v: 2, ...spec })));
    index.builtTo = Number.POSITIVE_INFINITY;
    await environment.write(() => catalog.publish(rows, [...rows.indexes, index]));
  }
  return rows;
}

/** All that the trees of a collection hold. */
function held(rows: Collection): string[][] {
  const all = { from: Buffer.from([0]), to: Buffer.alloc(8, 0xff) };
  const trees = [rows.records, ...rows.indexes.map(({ tree }) => tree)];
  return trees.map((tree) =>
    tree.entries(all).map(([key, value]) => `${key.toString('hex')}=${value.toString('hex')}`),
  );
}

const value = fc.oneof(
  { weight: 5, arbitrary: fc.integer({ min: 0, max: 40 }) },
  { weight: 1, arbitrary: fc.uniqueArray(fc.integer({ min: 0, max: 40 }), { maxLength: 3 }) },
  { weight: 1, arbitrary: fc.constant('x'.repeat(3000)) },
);
const batch = fc.array(fc.record({ a: value, b: value, c: value, d: value }, { requiredKeys: ['a'] }), {
  minLength: 1,
  maxLength: 6,
});

describe('documents inserted together', () => {
  it('leave what they leave one by one, or where one cannot be inserted nothing at all', async () => {
    let n = 0;
    let refused = 0;
    const run = fc.asyncProperty(fc.array(batch, { minLength: 1, maxLength: 4 }), async (batches) => {
      const [together, apart] = [await open(`t.together${n}`), await open(`t.apart${n++}`)];
      let id = 0;
      for (const documents of batches.map((some) => some.map((document) => rawOf({ _id: id++, ...document })))) {
        const before = held(together);
        const [done] = await Promise.allSettled([environment.write(() => together.insertAll(documents))]);
        if (done.status === 'fulfilled') {
          await environment.write(() => {
            for (const document of documents) apart.insert(document);
          });
          expect(held(together)).toEqual(held(apart));
        } else {
          refused++;
          expect([11000, 171]).toContain((done.reason as { code: number }).code);
          expect(held(together)).toEqual(before);
        }
      }
    });
    await fc.assert(run, { numRuns: 40 });
    expect(refused).toBeGreaterThan(0);
  });
});

describe('a document with a long array', () => {
  it('is changed in a time that grows with the array, not with its square', async () => {
    const rows = await open('t.rows');
    const a = Array.from({ length: 20_000 }, (_, i) => i);
    const [before, after] = [rawOf({ _id: 1, a }), rawOf({ _id: 1, a: [...a.slice(1), -1] })];
    await environment.write(() => rows.insert(before));
    await environment.write(() => rows.replace(1, before, after));
    const { tree } = rows.indexes[1]!;
    expect(tree.count()).toBe(20_000);
    expect(rows.keysFor(rows.indexes[1]!, after).every((key) => tree.has(key))).toBe(true);
  });
});
