import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Db, MongoClient } from 'mongodb';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openStore, type Store } from './store.ts';

let dataDir: string;
let store: Store;
let client: MongoClient;
let db: Db;

beforeEach(async () => {
  dataDir = mkdtempSync(join(tmpdir(), 'embedded-'));
  await start();
});

afterEach(async () => {
  await stop();
  rmSync(dataDir, { recursive: true, force: true });
});

async function start(): Promise<void> {
  store = await openStore({ dataDir, port: 0 });
  client = new MongoClient(store.uri);
  db = client.db('t');
}

async function stop(): Promise<void> {
  await client.close();
  await store.close();
}

describe('the store, through the official driver', () => {
  it('keeps what was inserted, also over a restart', async () => {
    const messages = db.collection('messages');
    await messages.createIndex({ conversation_id: 1, seq: -1 }, { unique: true });
    const sent = Array.from({ length: 500 }, (_, i) => ({ conversation_id: 'c1', seq: i, text: `hello ${i}` }));
    await messages.insertMany(sent);
    await stop();
    await start();
    const found = await db
      .collection('messages')
      .find({ conversation_id: 'c1', seq: { $gt: 490 } }, { sort: { seq: -1 } })
      .toArray();
    expect(found.map((message) => message.seq)).toEqual([499, 498, 497, 496, 495, 494, 493, 492, 491]);
    expect(await db.collection('messages').countDocuments({ conversation_id: 'c1' })).toBe(500);
  });

  it('refuses a duplicate with what it is a duplicate of', async () => {
    const people = db.collection('people');
    await people.createIndex({ name: 1 }, { unique: true });
    await people.insertOne({ name: 'asha' });
    await expect(people.insertOne({ name: 'asha' })).rejects.toMatchObject({
      code: 11000,
      keyPattern: { name: 1 },
      keyValue: { name: 'asha' },
    });
  });

  it('goes on behind a duplicate in an unordered bulk, and stops there in an ordered one', async () => {
    const numbers = db.collection<{ _id: number }>('numbers');
    await numbers.insertOne({ _id: 2 });
    const docs = [1, 2, 3].map((_id) => ({ _id }));
    const ordered = numbers.insertMany(docs, { ordered: true });
    await expect(ordered).rejects.toMatchObject({ code: 11000, result: { insertedCount: 1 } });
    const unordered = numbers.insertMany([{ _id: 3 }, { _id: 2 }, { _id: 4 }], { ordered: false });
    await expect(unordered).rejects.toMatchObject({ code: 11000, result: { insertedCount: 2 } });
    expect(await numbers.find().sort({ _id: 1 }).toArray()).toEqual([{ _id: 1 }, { _id: 2 }, { _id: 3 }, { _id: 4 }]);
  });

  it('lets a document only move forward under a filter on its version', async () => {
    const rows = db.collection<{ _id: string; changed: number; text?: string; n?: number }>('rows');
    const apply = (seq: number) =>
      rows.updateOne(
        { _id: 'a', changed: { $lt: seq } },
        { $set: { changed: seq }, $setOnInsert: { text: 'new' }, $inc: { n: 1 } },
        { upsert: true },
      );
    expect((await apply(3)).upsertedId).toBe('a');
    expect((await apply(5)).modifiedCount).toBe(1);
    await expect(apply(4)).rejects.toMatchObject({ code: 11000 });
    expect(await rows.findOne({ _id: 'a' })).toEqual({ _id: 'a', changed: 5, text: 'new', n: 2 });
  });

  it('updates by operators and by pipelines', async () => {
    const rows = db.collection<{ _id: number }>('rows');
    await rows.insertOne({ _id: 1, n: 1, tags: ['a'], deep: { x: 1 } } as never);
    await rows.updateOne({ _id: 1 }, {
      $max: { n: 7 },
      $push: { tags: { $each: ['b', 'c'], $slice: -2 } },
      $unset: { 'deep.x': '' },
    } as never);
    expect(await rows.findOne()).toEqual({ _id: 1, n: 7, tags: ['b', 'c'], deep: {} });
    await rows.updateOne({ _id: 1 }, [{ $set: { total: '$n', 'deep.y': { $literal: 2 } } }]);
    expect(await rows.findOne()).toEqual({ _id: 1, n: 7, tags: ['b', 'c'], deep: { y: 2 }, total: 7 });
    await rows.updateOne({ _id: 1 }, { $addToSet: { tags: 'c' }, $pull: { other: 1 }, $min: { n: 2 } } as never);
    expect(await rows.findOne()).toEqual({ _id: 1, n: 2, tags: ['b', 'c'], deep: { y: 2 }, total: 7 });
  });

  it('takes one document for one taker', async () => {
    const timers = db.collection<{ _id: number; due: number; lease: number }>('timers');
    await timers.createIndex({ due: 1 });
    await timers.insertMany([1, 2, 3].map((_id) => ({ _id, due: _id, lease: 0 })));
    const claims = await Promise.all(
      [1, 2, 3, 4].map(() =>
        timers.findOneAndUpdate(
          { due: { $lte: 9 }, lease: 0 },
          { $set: { lease: 1 } },
          { sort: { due: 1 }, returnDocument: 'after' },
        ),
      ),
    );
    expect(claims.map((claim) => claim?._id).sort()).toEqual([1, 2, 3, undefined]);
  });

  it('gives a long result in pages', async () => {
    const rows = db.collection('rows');
    await rows.insertMany(Array.from({ length: 1000 }, (_, i) => ({ i, text: 'x'.repeat(100) })));
    const seen: number[] = [];
    for await (const row of rows.find({}, { batchSize: 30 })) seen.push(row.i);
    expect(seen).toEqual(Array.from({ length: 1000 }, (_, i) => i));
  });

  it('counts, remakes and lists distinct values', async () => {
    const rows = db.collection<{ _id: number; kind: string; n: number }>('rows');
    await rows.insertMany([
      { _id: 1, kind: 'a', n: 1 },
      { _id: 2, kind: 'b', n: 2 },
      { _id: 3, kind: 'a', n: 3 },
    ]);
    const made = rows.aggregate([
      { $match: { n: { $gt: 1 } } },
      { $sort: { n: -1 } },
      { $limit: 1 },
      { $set: { m: '$n' } },
    ]);
    expect(await made.toArray()).toEqual([{ _id: 3, kind: 'a', n: 3, m: 3 }]);
    await expect(rows.aggregate([{ $group: { _id: '$kind' } }]).toArray()).rejects.toMatchObject({ code: 40324 });
    expect(await rows.distinct('kind')).toEqual(['a', 'b']);
    expect(await rows.countDocuments({ kind: 'a' })).toBe(2);
    expect(await rows.estimatedDocumentCount()).toBe(3);
  });

  it('sorts through arrays by the least or greatest element', async () => {
    const rows = db.collection<{ _id: number }>('rows');
    const order = async (sort: Record<string, 1 | -1>) =>
      (await rows.find().sort(sort).toArray()).map(({ _id }) => _id);
    await rows.insertMany([
      {
        _id: 2,
        a: [
          { x: 1, y: 9 },
          { x: 2, y: 1 },
        ],
      },
      { _id: 1, a: { x: 1, y: 5 } },
      { _id: 3, a: [{ x: 3 }, 5] },
    ] as never);
    expect(await order({ 'a.x': 1, 'a.y': 1 })).toEqual([3, 1, 2]);
    expect(await order({ 'a.x': -1 })).toEqual([3, 2, 1]);
    await rows.insertMany([{ _id: 4, a: [[1, 2], 3] }] as never);
    expect(await rows.distinct('a', { _id: 4 })).toEqual([[1, 2], 3]);
  });

  it('lists and drops indexes and collections', async () => {
    const rows = db.collection('rows');
    await rows.createIndex({ a: 1, b: -1 }, { partialFilterExpression: { a: { $gt: 0 } } });
    expect((await rows.indexes()).map((index) => index.name)).toEqual(['_id_', 'a_1_b_-1']);
    await rows.dropIndex('a_1_b_-1');
    expect((await rows.indexes()).length).toBe(1);
    expect((await db.listCollections().toArray()).map(({ name }) => name)).toEqual(['rows']);
    await rows.drop();
    expect(await db.listCollections().toArray()).toEqual([]);
    await rows.insertOne({ again: true });
    await db.dropDatabase();
    expect(await rows.countDocuments()).toBe(0);
  });
});

describe('strict mode', () => {
  it('refuses what no index answers, and says so', async () => {
    await stop();
    store = await openStore({ dataDir, port: 0, strict: true });
    client = new MongoClient(store.uri);
    db = client.db('t');
    const rows = db.collection('rows');
    await rows.createIndex({ a: 1 });
    await rows.insertOne({ a: 1, b: 2 });
    expect(await rows.findOne({ a: 1, b: 2 })).toMatchObject({ a: 1 });
    await expect(rows.findOne({ b: 2 })).rejects.toMatchObject({ code: 291 });
    await expect(rows.updateOne({ b: 2 }, { $set: { c: 1 } })).rejects.toMatchObject({ code: 291 });
    await expect(rows.updateOne({ a: { $ne: 5 } }, { $set: { c: 1 } })).rejects.toMatchObject({ code: 291 });
    await expect(rows.find({ a: { $ne: 5 } }).toArray()).rejects.toMatchObject({ code: 291 });
    await expect(rows.find({ b: 2 }).sort({ a: 1 }).toArray()).rejects.toMatchObject({ code: 291 });
    expect(await rows.find({}).sort({ a: 1 }).limit(5).toArray()).toMatchObject([{ a: 1 }]);
    expect(await rows.find({ b: 2 }).hint({ $natural: 1 }).toArray()).toMatchObject([{ a: 1 }]);
  });
});
