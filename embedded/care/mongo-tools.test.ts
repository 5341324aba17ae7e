// MongoDB's own tools, where they are installed: what we export they restore, what they dump we import, byte for byte.
import { execFile, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import {
  Binary,
  BSONRegExp,
  Code,
  Decimal128,
  Double,
  EJSON,
  Int32,
  Long,
  MaxKey,
  MinKey,
  ObjectId,
  Timestamp,
  UUID,
} from 'bson';
import { MongoClient } from 'mongodb';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openStore, type Store } from '../store.ts';
import { exportData, importData } from './dump.ts';
import { verify } from './verify.ts';

const run = promisify(execFile);

function hasTools(): boolean {
  return ['mongodump', 'mongorestore'].every((tool) => spawnSync(tool, ['--version']).status === 0);
}

let folder: string;
const at = (name: string) => join(folder, name);
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'embedded-tools-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

async function withStore<T>(name: string, use: (client: MongoClient, store: Store) => Promise<T>): Promise<T> {
  const store = await openStore({ dataDir: at(name), port: 0 });
  const client = new MongoClient(store.uri, { ignoreUndefined: false });
  try {
    return await use(client, store);
  } finally {
    await client.close();
    await store.close();
  }
}

/** One of each type; of numbers those that a detour through another type would change. */
const values = {
  doubles: [new Double(1), new Double(-0), Number.NaN, Number.NEGATIVE_INFINITY, 5e-324],
  integers: [new Int32(7), Long.fromNumber(7), Long.MAX_VALUE],
  decimals: ['1.10', '-0E-10', 'NaN', '1E+6144'].map((text) => Decimal128.fromString(text)),
  text: ['', 'a\0b', 'तालाब 🐟'],
  bytes: [new Binary(Buffer.from('abc')), new Binary(Buffer.from([1]), 0x80), new UUID()],
  moments: [new Date(0), new Date(-1), new Timestamp({ t: 0, i: 0 }), new Timestamp({ t: 5, i: 9 })],
  others: [true, null, undefined, new ObjectId(), new BSONRegExp('^a.b$', 'imx'), new MinKey(), new MaxKey()],
  code: [new Code('f()'), new Code('f()', { x: 1 })],
  nested: { 'a.b': { $c: [{}, [], [[1]]] }, '': 1 },
};

async function fill(client: MongoClient): Promise<void> {
  const rows = client.db('farm').collection('rows of/all+more');
  await rows.createIndexes([
    { key: { n: 1, at: -1 }, unique: true },
    { key: { 'tags.name': 1 }, sparse: true },
    { key: { at: 1 }, name: 'kept', expireAfterSeconds: 3600 * 24 * 365 },
    { key: { status: 1 }, partialFilterExpression: { n: { $gt: 5 }, status: { $in: ['open', 'late'] } } },
    { key: { hidden: 1 }, hidden: true },
  ]);
  const row = (n: number) => ({ n, at: new Date(), tags: [{ name: `t${n}` }, {}], status: 'open', values });
  await rows.insertMany(Array.from({ length: 2_500 }, (_, n) => row(n)));
  await client.db('other').createCollection('empty');
}

/** Every collection's documents as bytes in the order of their _id, and its indexes. */
async function contents(client: MongoClient): Promise<Record<string, readonly string[]>> {
  const found: Record<string, readonly string[]> = {};
  for (const { name: database } of (await client.db().admin().listDatabases()).databases) {
    for (const { name } of await client.db(database).listCollections().toArray()) {
      const collection = client.db(database).collection(name);
      const documents = await collection.find({}, { raw: true, sort: { _id: 1 } }).toArray();
      const indexes = await collection.listIndexes().toArray();
      // In what order mongorestore gives the fields of an index is left to chance.
      const sorted = indexes.map((index) => EJSON.stringify(Object.fromEntries(Object.entries(index).sort())));
      found[`${database}.${name}`] = [
        ...sorted.sort(),
        ...documents.map((each) => Buffer.from(each as never).toString('hex')),
      ];
    }
  }
  return found;
}

describe.skipIf(!hasTools())('MongoDB’s tools', { timeout: 60_000 }, () => {
  it('restore what was exported, and dump it for an import, byte for byte', async () => {
    const before = await withStore('first', async (client) => {
      await fill(client);
      return contents(client);
    });
    expect(await exportData(at('first'), at('exported'))).toEqual({ collections: 2, documents: 2_500 });
    await withStore('second', async (client, { uri }) => {
      await run('mongorestore', ['--uri', uri, at('exported')]);
      expect(await contents(client)).toEqual(before);
      await run('mongodump', ['--uri', uri, '--out', at('dumped')]);
    });
    expect(await importData(at('third'), at('dumped'))).toEqual({ collections: 2, documents: 2_500 });
    expect(await withStore('third', contents)).toEqual(before);
    expect(await verify(at('third'))).toMatchObject({ documents: 2_500, problems: [] });
  });
});
