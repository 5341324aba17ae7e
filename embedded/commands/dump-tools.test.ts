import { Timestamp } from 'bson';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openTestStore, type TestStore } from '../open-test-store.ts';

let test: TestStore;
const rows = () => test.db.collection<{ _id: number; at?: Timestamp }>('rows');

beforeEach(async () => {
  test = await openTestStore();
});
afterEach(() => test.close());

describe('what mongodump and mongorestore send', () => {
  it('finds the databases by name', async () => {
    await rows().insertOne({ _id: 1 });
    await test.client.db('a').createCollection('one');
    await test.client.db('a').createCollection('two');
    const admin = test.client.db().admin();
    expect((await admin.listDatabases({ nameOnly: true })).databases).toEqual([{ name: 'a' }, { name: 't' }]);
    expect((await admin.listDatabases({ filter: { name: 't' } })).databases).toEqual([{ name: 't', empty: false }]);
    await expect(test.db.command({ listDatabases: 1 })).rejects.toMatchObject({ code: 13, codeName: 'Unauthorized' });
  });

  it('keeps timestamps as they are', async () => {
    const at = new Timestamp({ t: 0, i: 0 });
    const always = { bypassEmptyTsReplacement: true };
    await test.db.command({ insert: 'rows', documents: [{ _id: 1, at }], ...always });
    await test.db.command({ update: 'rows', updates: [{ q: { _id: 2 }, u: { at }, upsert: true }], ...always });
    await test.db.command({ findAndModify: 'rows', query: { _id: 3 }, update: { at }, upsert: true, ...always });
    expect(
      await rows()
        .find({ at }, { hint: { $natural: 1 } })
        .toArray(),
    ).toHaveLength(3);
  });

  it('makes indexes without their namespace, and if it says so without what is no option of theirs', async () => {
    const indexes = [{ v: 2, key: { at: 1 }, name: 'at', ns: 't.rows', sparse: true, fast: true }];
    await expect(test.db.command({ createIndexes: 'rows', indexes })).rejects.toMatchObject({ code: 197 });
    await test.db.command({ createIndexes: 'rows', indexes, ignoreUnknownIndexOptions: true });
    expect((await rows().indexes())[1]).toEqual({ v: 2, key: { at: 1 }, name: 'at', sparse: true });
  });
});
