import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { verify } from '../care/verify.ts';
import { openTestStore, type TestStore } from '../open-test-store.ts';
import { openRawClient, type RawClient } from '../wire/raw-client.ts';

let test: TestStore;
const rows = () => test.db.collection<{ _id: number; n: number; text?: string }>('rows');

beforeEach(async () => {
  test = await openTestStore();
});
afterEach(() => test.close());

/** Ends the store, checks every index against its documents, and opens it again. */
async function expectWhole(): Promise<void> {
  await test.client.close();
  await test.store.close();
  expect(await verify(test.dataDir)).toMatchObject({ problems: [] });
  await test.reopen();
}

describe('an index', () => {
  it('is built beside writes, and holds exactly what it must', async () => {
    await rows().insertMany(Array.from({ length: 6000 }, (_, i) => ({ _id: i, n: i })));
    let building = true;
    const build = rows()
      .createIndexes([{ key: { n: 1 } }, { key: { text: 1 }, sparse: true }])
      .finally(() => {
        building = false;
      });
    for (let i = 0; building; i++) {
      await rows().insertOne({ _id: 10_000 + i, n: -i });
      await rows().updateOne({ _id: (i * 7) % 6000 }, { $inc: { n: 100_000 }, $set: { text: `t${i}` } });
      await rows().deleteOne({ _id: (i * 11 + 1) % 6000 });
    }
    await build;
    await test.restart();
    const names = (await rows().indexes()).map((index) => index.name);
    expect(names).toEqual(['_id_', 'n_1', 'text_1']);
    await expectWhole();
  });

  it('that cannot be unique is not made, and leaves nothing', async () => {
    await rows().insertMany([1, 2, 3].map((_id) => ({ _id, n: _id % 2 })));
    await expect(rows().createIndex({ n: 1 }, { unique: true })).rejects.toMatchObject({ code: 11000 });
    expect((await rows().indexes()).length).toBe(1);
    await rows().deleteOne({ _id: 3 });
    await rows().createIndex({ n: 1 }, { unique: true });
    await expect(rows().insertOne({ _id: 4, n: 0 })).rejects.toMatchObject({ code: 11000 });
  });

  it('of the same name or the same keys must be the same', async () => {
    await rows().createIndex({ n: 1 }, { name: 'x' });
    await rows().createIndex({ n: 1 }, { name: 'x' });
    await expect(rows().createIndex({ n: -1 }, { name: 'x' })).rejects.toMatchObject({ code: 86 });
    await expect(rows().createIndex({ n: 1 }, { name: 'y' })).rejects.toMatchObject({ code: 85 });
    await expect(rows().createIndex({ n: 1 }, { name: 'x', unique: true })).rejects.toMatchObject({ code: 86 });
    await rows().createIndex({ n: 1 }, { name: 'u', unique: true });
    await rows().createIndex({ n: 1 }, { name: 's', sparse: true });
    await rows().createIndex({ at: 1 }, { expireAfterSeconds: 10 });
    await expect(rows().createIndex({ at: 1 }, { expireAfterSeconds: 20 })).rejects.toMatchObject({ code: 85 });
    const odd = { createIndexes: 'rows', indexes: [{ key: { odd: 1 }, name: 'odd', nearly: 1 }] };
    await expect(test.db.command(odd)).rejects.toMatchObject({ code: 197 });
    await expect(rows().createIndex({ n: 'text' })).rejects.toMatchObject({ code: 67 });
    await expect(rows().createIndex({ n: 1, m: 1 }, { expireAfterSeconds: 5 })).rejects.toMatchObject({ code: 67 });
  });

  it('is partial only by filters from which the planner can reason', async () => {
    const refused = [{ n: { $ne: 1 } }, { n: { $exists: false } }, { n: { $nin: [1] } }, { $expr: true }];
    for (const partialFilterExpression of refused)
      await expect(rows().createIndex({ n: 1 }, { partialFilterExpression })).rejects.toMatchObject({ code: 67 });
    const partialFilterExpression = {
      n: { $in: [1, 2] },
      text: { $exists: true },
      $and: [{ n: 1 }, { n: { $gt: 0 } }],
    };
    await rows().createIndex({ n: 1 }, { partialFilterExpression });
  });

  it('asked for twice at once is built once; two at once are built one after the other', async () => {
    const count = 5000;
    await rows().insertMany(Array.from({ length: count }, (_, i) => ({ _id: i, n: i, text: `${i}` })));
    const clients = await Promise.all([1, 2, 3].map(() => openRawClient(test.store.port)));
    const build = (i: number, key: object, name: string) =>
      clients[i]!.command({ createIndexes: 'rows', indexes: [{ key, name, unique: true }], $db: 't' });
    let building = true;
    const builds = Promise.all([
      build(0, { n: 1 }, 'n'),
      build(1, { n: 1 }, 'n'),
      build(2, { text: 1 }, 'text'),
    ]).finally(() => {
      building = false;
    });
    for (let i = 0; building; i++) {
      const ids = [0, 1, 2, 3].map((k) => (i * 977 + k * 1249) % count);
      await Promise.all(ids.map((_id) => rows().updateOne({ _id }, { $inc: { n: 100_000 } })));
    }
    expect(
      (await builds).map(({ ok, numIndexesBefore, numIndexesAfter }) => [ok, numIndexesBefore, numIndexesAfter]),
    ).toEqual([
      [1, 1, 2],
      [1, 2, 2],
      [1, 2, 3],
    ]);
    await expectWhole();
  });

  it('dropped twice at once is dropped once, and its room is given to one collection', async () => {
    await rows().createIndex({ n: 1 });
    await rows().insertMany([{ _id: 1, n: 1 }]);
    const clients = await Promise.all([1, 2].map(() => openRawClient(test.store.port)));
    const drops = clients.map((raw) => raw.command({ dropIndexes: 'rows', index: 'n_1', $db: 't' }));
    expect((await Promise.all(drops)).map(({ ok, code }) => [ok, code])).toEqual([
      [1, undefined],
      [0, 27],
    ]);
    const others = ['one', 'two', 'three'].map((name) => test.db.collection<{ _id: number }>(name));
    for (const [i, other] of others.entries()) await other.insertMany([{ _id: i }, { _id: 10 + i }]);
    for (const [i, other] of others.entries())
      expect(await other.find().toArray()).toEqual([{ _id: i }, { _id: 10 + i }]);
    await expectWhole();
  });

  it('and its collection may be dropped, built and made at once, over and over', async () => {
    const clients = await Promise.all([1, 2, 3, 4].map(() => openRawClient(test.store.port)));
    const [a, b, c, d] = clients as [RawClient, RawClient, RawClient, RawClient];
    const codes = new Set<unknown>();
    for (let round = 0; round < 15; round++) {
      await rows().insertMany(Array.from({ length: 1500 }, (_, i) => ({ _id: round * 10_000 + i, n: i })));
      const index = { key: { n: 1 }, name: 'n' };
      const answers = await Promise.all([
        a.command({ createIndexes: 'rows', indexes: [index], $db: 't' }),
        b.command({ dropIndexes: 'rows', index: '*', $db: 't' }),
        c.command(round % 3 === 0 ? { drop: 'rows', $db: 't' } : { dropIndexes: 'rows', index: 'n', $db: 't' }),
        d.command({ insert: `other${round}`, documents: [{ _id: round }], $db: 't' }),
      ]);
      for (const { ok, code } of answers) codes.add(ok === 1 ? 'done' : code);
    }
    // 26, 27: no such collection, no such index; 276: its collection was dropped while it was built.
    expect([...codes].filter((code) => !['done', 26, 27, 276].includes(code as never))).toEqual([]);
    for (let round = 0; round < 15; round++) expect(await test.db.collection(`other${round}`).countDocuments()).toBe(1);
    await expectWhole();
  });

  it('gets another time at which its documents expire, and keeps it', async () => {
    await rows().createIndex({ n: 1 }, { expireAfterSeconds: 60 });
    const change = (index: object) => test.db.command({ collMod: 'rows', index });
    const changed = await change({ name: 'n_1', expireAfterSeconds: 90 });
    expect(changed).toMatchObject({ ok: 1, expireAfterSeconds_old: 60, expireAfterSeconds_new: 90 });
    expect(await change({ keyPattern: { n: 1 }, expireAfterSeconds: 30 })).toMatchObject({
      expireAfterSeconds_new: 30,
    });
    await test.restart();
    expect(await rows().indexes()).toMatchObject([{ name: '_id_' }, { name: 'n_1', expireAfterSeconds: 30 }]);
    await expect(change({ name: 'm_1', expireAfterSeconds: 1 })).rejects.toMatchObject({ code: 27 });
    await expect(change({ name: 'n_1', expireAfterSeconds: -1 })).rejects.toMatchObject({ code: 67 });
    await expect(change({ name: 'n_1', hidden: true })).rejects.toMatchObject({ code: 72 });
    await expect(test.db.command({ collMod: 'none' })).rejects.toMatchObject({ code: 26 });
  });

  it('is the 64th of a collection at most', async () => {
    await rows().createIndexes(Array.from({ length: 63 }, (_, i) => ({ key: { [`f${i}`]: 1 } }) as never));
    await expect(rows().createIndex({ n: 1 })).rejects.toMatchObject({ code: 67, message: /too many indexes/ });
    expect((await rows().indexes()).length).toBe(64);
  });

  it('dropped under an open cursor ends the cursor', async () => {
    await rows().createIndex({ n: 1 });
    await rows().insertMany(Array.from({ length: 1000 }, (_, i) => ({ _id: i, n: i })));
    const cursor = rows().find({ n: { $gte: 0 } }, { batchSize: 10 });
    await cursor.next();
    await rows().dropIndex('n_1');
    await expect(cursor.toArray()).rejects.toMatchObject({ code: 175 });
  });
});
