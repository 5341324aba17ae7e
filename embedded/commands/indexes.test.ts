import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { verify } from '../care/verify.ts';
import { openTestStore, type TestStore } from '../open-test-store.ts';

let test: TestStore;
const rows = () => test.db.collection<{ _id: number; n: number; text?: string }>('rows');

beforeEach(async () => {
  test = await openTestStore();
});
afterEach(() => test.close());

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
    await test.client.close();
    await test.store.close();
    expect(await verify(test.dataDir)).toMatchObject({ problems: [] });
    await test.reopen();
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
    await expect(rows().createIndex({ n: 1 }, { name: 'y', unique: true })).rejects.toMatchObject({ code: 85 });
    await expect(rows().createIndex({ n: 'text' })).rejects.toMatchObject({ code: 67 });
    await expect(rows().createIndex({ n: 1, m: 1 }, { expireAfterSeconds: 5 })).rejects.toMatchObject({ code: 67 });
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
