import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BSON, Double, EJSON, Long } from 'bson';
import { MongoClient } from 'mongodb';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openStore, type Store } from '../store.ts';
import { compact } from './compact.ts';
import { exportData, importData } from './dump.ts';
import { openOffline } from './offline.ts';
import { verify } from './verify.ts';

let folder: string;
const at = (name: string) => join(folder, name);

async function withStore<T>(name: string, use: (client: MongoClient) => Promise<T>): Promise<T> {
  const store = await openStore({ dataDir: at(name), port: 0 });
  const client = new MongoClient(store.uri);
  try {
    return await use(client);
  } finally {
    await client.close();
    await store.close();
  }
}

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'embedded-care-'));
  await withStore('data', async (client) => {
    const rows = client.db('chat').collection('rows.of/all');
    await rows.createIndex({ a: 1, b: -1 }, { unique: true, partialFilterExpression: { a: { $gt: 0 } } });
    await rows.createIndex({ tags: 1 });
    await rows.insertMany(
      Array.from({ length: 3000 }, (_, i) => ({
        _id: i as never,
        a: new Double(i),
        b: Long.fromNumber(i),
        tags: ['x', i],
      })),
    );
    await client.db('other').collection('one').insertOne({ x: 1 });
  });
});

afterEach(() => rmSync(folder, { recursive: true }));

describe('export and import', () => {
  it('carry documents, types and indexes over, in mongodump’s layout', async () => {
    expect(await exportData(at('data'), at('dump'))).toEqual({ collections: 2, documents: 3001 });
    expect(readdirSync(at('dump/chat'))).toEqual(['rows.of%2Fall.bson', 'rows.of%2Fall.metadata.json']);
    const bytes = readFileSync(at('dump/chat/rows.of%2Fall.bson'));
    expect(BSON.deserialize(bytes.subarray(0, bytes.readInt32LE(0)), { promoteValues: false }).a).toBeInstanceOf(
      Double,
    );
    const metadata = EJSON.parse(readFileSync(at('dump/chat/rows.of%2Fall.metadata.json'), 'utf8'));
    expect(metadata).toMatchObject({ collectionName: 'rows.of/all', type: 'collection' });

    expect(await importData(at('copy'), at('dump'))).toEqual({ collections: 2, documents: 3001 });
    await withStore('copy', async (client) => {
      const rows = client.db('chat').collection('rows.of/all');
      expect((await rows.indexes()).map((index) => index.name)).toEqual(['_id_', 'a_1_b_-1', 'tags_1']);
      expect(await rows.find({ tags: 17 }, { promoteValues: false }).toArray()).toMatchObject([{ a: new Double(17) }]);
      await expect(rows.insertOne({ a: new Double(5), b: Long.fromNumber(5) })).rejects.toMatchObject({ code: 11000 });
    });
    expect(await verify(at('copy'))).toMatchObject({ documents: 3001, problems: [] });
  });

  it('name files as mongodump does, and collections as their metadata does, or else the file', async () => {
    const long = 'ä'.repeat(50);
    const names = [`a+b c*~%(x)!'`, long];
    await withStore('data', async (client) => {
      for (const name of names) await client.db('names').createCollection(name);
    });
    await exportData(at('data'), at('dump'));
    // Names that mongodump 100.18.0 gave.
    const cut = `${'%C3%A4'.repeat(35).slice(0, 208)}%24q5CeAlzELOzw9iJt_4NNjfAk4u0`;
    const escaped = 'a%2Bb+c%2A~%25%28x%29%21%27';
    expect(readdirSync(at('dump/names')).filter((file) => file.endsWith('.bson'))).toEqual([
      `${cut}.bson`,
      `${escaped}.bson`,
    ]);
    rmSync(at(`dump/names/${escaped}.metadata.json`));
    await importData(at('copy'), at('dump'));
    await withStore('copy', async (client) => {
      const found = await client.db('names').listCollections().toArray();
      expect(found.map(({ name }) => name).sort()).toEqual(names);
    });
  });

  it('take nothing that could not be kept as it was, and nothing of MongoDB’s own', async () => {
    await exportData(at('data'), at('dump'));
    mkdirSync(at('dump/admin'));
    writeFileSync(at('dump/admin/system.version.bson'), 'not for us');
    const path = at('dump/other/one.metadata.json');
    const metadata = EJSON.parse(readFileSync(path, 'utf8'));
    const given = (changes: object) => writeFileSync(path, EJSON.stringify({ ...metadata, ...changes }));
    given({ options: { capped: true, size: 4096 } });
    await expect(importData(at('copy'), at('dump'))).rejects.toThrow(/capped is not supported/);
    given({ options: { collation: { locale: 'fr' } } });
    await expect(importData(at('copy'), at('dump'))).rejects.toThrow(/only the simple collation/);
    given({ type: 'timeseries' });
    await expect(importData(at('copy'), at('dump'))).rejects.toThrow(/one.bson is a timeseries/);
    given({ indexes: [{ v: 2, key: { a: 'text' }, name: 'words', weights: { a: 1 } }] });
    await expect(importData(at('copy'), at('dump'))).rejects.toThrow(/'weights' is not valid/);
    expect(existsSync(at('copy'))).toBe(false);
    given({});
    expect(await importData(at('copy'), at('dump'))).toEqual({ collections: 2, documents: 3001 });
    writeFileSync(at('dump/other/seen.metadata.json'), '{}');
    await expect(importData(at('copy'), at('dump'))).rejects.toThrow(/seen.metadata.json has no documents/);
    rmSync(at('dump/other/seen.metadata.json'));
    writeFileSync(at('dump/other/two.bson.gz'), '');
    await expect(importData(at('copy'), at('dump'))).rejects.toThrow(/two.bson.gz is compressed/);
  });
});

describe('verify', () => {
  it('finds keys that are missing and keys that are too many', async () => {
    expect(await verify(at('data'))).toMatchObject({ collections: 2, documents: 3001, problems: [] });
    const offline = openOffline(at('data'));
    const { tree } = offline.catalog.get('chat.rows.of/all')!.indexes[2]!;
    await offline.environment.write(() => {
      tree.remove(tree.lastKey()!);
      tree.put(Buffer.from('stray'));
      tree.put(Buffer.from('stray2'));
    });
    await offline.close();
    const { problems } = await verify(at('data'));
    expect(problems).toEqual([
      'chat.rows.of/all: index tags_1 lacks record 3000',
      'chat.rows.of/all: index tags_1 has 6001 keys, its documents have 6000',
    ]);
  });
});

describe('compact', () => {
  it('gives room back and keeps everything', async () => {
    await withStore('data', (client) =>
      client
        .db('chat')
        .collection('rows.of/all')
        .deleteMany({ a: { $gt: 10 } }),
    );
    const { bytesBefore, bytesAfter } = await compact(at('data'));
    expect(bytesAfter).toBeLessThan(bytesBefore / 2);
    expect(await verify(at('data'))).toMatchObject({ documents: 12, problems: [] });
    expect(readdirSync(at('data')).sort()).toEqual(['lmdb', 'lock']);
  });

  it('is done once where two begin together, and loses nothing', async () => {
    const outcomes = await Promise.allSettled([compact(at('data')), compact(at('data'))]);
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected']);
    expect(outcomes[1]).toMatchObject({ reason: { message: expect.stringMatching(/already open/) } });
    expect(await verify(at('data'))).toMatchObject({ documents: 3001, problems: [] });
  });

  it('lets no store in before the new file is in its place', async () => {
    const compacting = compact(at('data'));
    let refusals = 0;
    let store: Store | undefined;
    while (store === undefined) {
      store = await openStore({ dataDir: at('data'), port: 0 }).catch((error: Error) => {
        expect(error.message).toMatch(/already open/);
        refusals++;
        return undefined;
      });
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(refusals).toBeGreaterThan(0);
    const client = new MongoClient(store.uri);
    await client.db('other').collection('one').insertOne({ x: 2 });
    await client.close();
    await store.close();
    await compacting;
    expect(await verify(at('data'))).toMatchObject({ documents: 3002, problems: [] });
  });

  it('leaves nothing of a copy that a crash cut short', async () => {
    mkdirSync(at('data/lmdb.copy-left'));
    writeFileSync(at('data/lmdb.copy-left/data.mdb'), 'half');
    expect(await verify(at('data'))).toMatchObject({ documents: 3001, problems: [] });
    expect(existsSync(at('data/lmdb.copy-left'))).toBe(false);
  });

  it('says that there is no store where there is none', async () => {
    mkdirSync(at('empty/lmdb'), { recursive: true });
    await expect(compact(at('empty'))).rejects.toThrow(/there is no store/);
    await expect(exportData(at('nowhere'), at('dump'))).rejects.toThrow(/there is no store/);
  });
});
