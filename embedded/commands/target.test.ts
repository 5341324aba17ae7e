// A write whose document is far to seek: it lets others in between, obeys its deadline, and takes what is still there.
import { BSON, UUID } from 'bson';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openTestStore, type TestStore } from '../open-test-store.ts';
import { openRawClient } from '../wire/raw-client.ts';
import { missesMax } from './target.ts';

type Row = { _id: number; n: number; state?: string; taken?: number };

const count = 40_000;
const far = missesMax * 4;
let test: TestStore;
const rows = () => test.db.collection<Row>('rows');
const few = () => test.db.collection<Row>('few');

beforeAll(async () => {
  test = await openTestStore();
  await rows().insertMany(Array.from({ length: count }, (_, i) => ({ _id: i, n: i })));
  await few().insertMany(Array.from({ length: far }, (_, i) => ({ _id: i, n: i })));
});
afterAll(() => test.close());

describe('a write that must search', () => {
  it('ends when its time is up, and has done nothing', async () => {
    const late = { maxTimeMS: 5 };
    const nobody = { n: -1 };
    for (const write of [
      () => rows().updateOne(nobody, { $set: { n: -1 } }, late),
      () => rows().deleteOne(nobody, late),
      () => rows().findOneAndUpdate({}, { $set: { n: -1 } }, { ...late, sort: { state: 1, n: -1 } }),
      () => rows().createIndex({ n: 1 }, late),
    ])
      await expect(write()).rejects.toMatchObject({ code: 50 });
    expect(await rows().countDocuments(nobody)).toBe(0);
    expect((await rows().indexes()).length).toBe(1);
  });

  it('lets others in between', async () => {
    const other = await openRawClient(test.store.port);
    let searching = true;
    const search = rows()
      .updateOne({ n: -1 }, { $set: { n: -1 } })
      .finally(() => {
        searching = false;
      });
    let pings = 0;
    for (; searching; pings++) await other.command({ ping: 1, $db: 'admin' });
    expect((await search).matchedCount).toBe(0);
    expect(pings).toBeGreaterThan(3);
    other.close();
  });

  it('gives one document to one taker', async () => {
    await few().updateMany({ n: { $gte: far - 5 } }, { $set: { state: 'open' } });
    const take = (_: unknown, taken: number) =>
      few().findOneAndUpdate({ state: 'open' }, { $set: { state: 'taken', taken } }, { sort: { n: -1 } });
    const taken = await Promise.all(Array.from({ length: 8 }, take));
    expect(taken.map((row) => row?.n ?? 0).sort((a, b) => a - b)).toEqual(
      [0, 0, 0, 1, 2, 3, 4, 5].map((i) => i && far - 6 + i),
    );
  });

  it('stands among others in one command, each under its own index, and is done once', async () => {
    const command = {
      update: 'few',
      updates: [
        { q: { _id: 1 }, u: { $inc: { n: 10_000 } } },
        { q: { n: far - 7 }, u: { $inc: { n: 20_000 } } },
        { q: { _id: -1 }, u: { $set: { n: 0 } }, upsert: true },
        { q: { n: -9 }, u: { $set: { _id: -9 } }, upsert: true },
        { q: { n: far - 8 }, u: { $inc: { n: 20_000 } } },
      ],
      lsid: { id: new UUID() },
      txnNumber: BSON.Long.fromNumber(1),
      $db: 't',
    };
    const client = await openRawClient(test.store.port);
    for (const _ of ['first', 'again']) {
      expect(await client.command(command)).toMatchObject({
        n: 5,
        nModified: 3,
        upserted: [
          { index: 2, _id: -1 },
          { index: 3, _id: -9 },
        ],
      });
    }
    client.close();
    expect(await few().countDocuments({ n: { $gte: 10_000, $lt: 20_000 } })).toBe(1);
    expect(await few().countDocuments({ n: { $gte: 20_000 } })).toBe(2);
  });
});
