// Errors with MongoDB's numbers, names and shapes.
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openTestStore, type TestStore } from '../open-test-store.ts';

let test: TestStore;
const rows = () => test.db.collection<{ _id: number; [name: string]: unknown }>('rows');

beforeAll(async () => {
  test = await openTestStore();
});
afterAll(() => test.close());
beforeEach(async () => {
  await rows().drop();
  await rows().insertMany([
    { _id: 1, a: 1, list: [1, 2, 3], text: 'x' },
    { _id: 2, a: 2, list: [], text: 'y' },
  ]);
});

const cases: readonly [code: number, codeName: string, what: string, run: () => Promise<unknown>][] = [
  [2, 'BadValue', 'an unknown operator in a filter', () => rows().findOne({ a: { $near: 1 } })],
  [2, 'BadValue', '$push onto what is no array', () => rows().updateOne({ _id: 1 }, { $push: { a: 1 } as never })],
  [9, 'FailedToParse', 'an unknown update operator', () => rows().updateOne({ _id: 1 }, { $plus: { a: 1 } } as never)],
  [14, 'TypeMismatch', '$inc of a text', () => rows().updateOne({ _id: 1 }, { $inc: { text: 1 } } as never)],
  [14, 'TypeMismatch', 'a filter that is no object', () => test.db.command({ find: 'rows', filter: 5 })],
  [16, 'InvalidLength', 'a write without statements', () => test.db.command({ insert: 'rows', documents: [] })],
  [26, 'NamespaceNotFound', 'dropping an index of no collection', () => test.db.collection('none').dropIndex('x')],
  [27, 'IndexNotFound', 'dropping no index', () => rows().dropIndex('x')],
  [28, 'PathNotViable', 'a field below a text', () => rows().updateOne({ _id: 1 }, { $set: { 'text.b': 1 } })],
  [
    40,
    'ConflictingUpdateOperators',
    'two changes of one path',
    () => rows().updateOne({ _id: 1 }, { $set: { a: 1, 'a.b': 2 } }),
  ],
  [
    40,
    'ConflictingUpdateOperators',
    'a path that $ turns out to name, too',
    () => rows().updateOne({ list: 2 }, { $set: { 'list.$': 5, 'list.1': 6 } }),
  ],
  [
    40,
    'ConflictingUpdateOperators',
    'all elements and one of them',
    () => rows().updateOne({ _id: 2 }, { $set: { 'list.$[]': 5, 'list.0': 6 } }),
  ],
  [
    40,
    'ConflictingUpdateOperators',
    'an element that passes two filters',
    () => {
      const arrayFilters = [{ x: { $gt: 1 } }, { y: { $lt: 3 } }];
      const change = { $set: { 'list.$[x]': 5 }, $inc: { 'list.$[y]': 1 } };
      return rows().updateOne({ _id: 1 }, change as never, { arrayFilters });
    },
  ],
  [
    43,
    'CursorNotFound',
    'a cursor that is not open',
    () => test.db.command({ getMore: 5n, collection: 'rows' }, { useBigInt64: true }),
  ],
  [2, 'BadValue', '$[] on what is no array', () => rows().updateOne({ _id: 1 }, { $set: { 'a.$[]': 1 } })],
  [2, 'BadValue', '$ without a match', () => rows().updateOne({ a: 9 }, { $set: { 'a.$': 1 } }, { upsert: true })],
  [28, 'PathNotViable', '$pull below a text', () => rows().updateOne({ _id: 1 }, { $pull: { 'text.b': 1 } as never })],
  [53, 'InvalidIdField', 'an _id that is an array', () => rows().insertOne({ _id: [1] as never })],
  [51024, 'Location51024', 'a limit below 0', () => test.db.command({ find: 'rows', limit: -1 })],
  [15975, 'Location15975', 'a direction that is none', () => test.db.command({ find: 'rows', sort: { a: 5 } })],
  [
    2,
    'BadValue',
    'a sort by two arrays',
    async () => {
      await rows().insertOne({ _id: 4, p: [1], q: [2] });
      await rows().find().sort({ p: 1, q: 1 }).toArray();
    },
  ],
  [40415, 'Location40415', 'a field that is none', () => test.db.command({ find: 'rows', filterr: {} })],
  [
    40415,
    'Location40415',
    'a field of a statement that is none',
    () => test.db.command({ update: 'rows', updates: [{ q: {}, u: { $set: { a: 1 } }, upsrt: true }] }),
  ],
  [40414, 'Location40414', 'a field that is missing', () => test.db.command({ insert: 'rows' })],
  [48, 'NamespaceExists', 'making a collection twice', () => test.db.createCollection('rows')],
  [
    52,
    'DollarPrefixedFieldName',
    'a dollar at a name’s start',
    () => rows().updateOne({ _id: 1 }, { $set: { $x: 1 } }),
  ],
  [56, 'EmptyFieldName', 'an empty name in a path', () => rows().updateOne({ _id: 1 }, { $set: { 'a..b': 1 } })],
  [59, 'CommandNotFound', 'an unknown command', () => test.db.command({ fly: 1 })],
  [66, 'ImmutableField', 'a change of _id', () => rows().updateOne({ _id: 1 }, { $set: { _id: 9 } })],
  [73, 'InvalidNamespace', 'a name that is none', () => test.db.command({ find: '$x' })],
  [100, 'UnsatisfiableWriteConcern', 'two members', () => rows().insertOne({ _id: 7 }, { writeConcern: { w: 2 } })],
  [
    171,
    'CannotIndexParallelArrays',
    'two arrays in one index',
    async () => {
      await rows().createIndex({ p: 1, q: 1 });
      await rows().insertOne({ _id: 3, p: [1], q: [2] });
    },
  ],
  [
    11000,
    'DuplicateKey',
    'an _id twice',
    () => test.db.command({ findAndModify: 'rows', query: { _id: 2, a: 7 }, update: { $set: { b: 1 } }, upsert: true }),
  ],
];

describe('an error', () => {
  for (const [code, codeName, what, run] of cases) {
    it(`for ${what} is ${code} ${codeName}`, async () => {
      const error = await run().then(
        () => undefined,
        (thrown) => thrown,
      );
      expect(error?.code, error?.message).toBe(code);
      if (error.codeName !== undefined) expect(error.codeName).toBe(codeName);
    });
  }

  it('of a statement names its index, and the others are done', async () => {
    const reply = await test.db.command({
      update: 'rows',
      ordered: false,
      updates: [
        { q: { _id: 1 }, u: { $set: { a: 5 } } },
        { q: { _id: 1 }, u: { $inc: { text: 1 } } },
        { q: { _id: 9 }, u: { $set: { a: 1 } }, upsert: true },
      ],
    });
    expect(reply).toMatchObject({ ok: 1, n: 2, nModified: 1, upserted: [{ index: 2, _id: 9 }] });
    expect(reply.writeErrors).toMatchObject([{ index: 1, code: 14 }]);
  });

  it('is none where paths that may meet do not', async () => {
    await rows().updateOne({ list: 2 }, { $set: { 'list.$': 5, 'list.0': 6 } });
    const arrayFilters = [{ x: { $gt: 5 } }, { y: { $lt: 5 } }];
    const change = { $inc: { 'list.$[x]': 1 }, $set: { 'list.$[y]': 0 } };
    await rows().updateOne({ _id: 1 }, change as never, { arrayFilters });
    expect(await rows().findOne({ _id: 1 })).toMatchObject({ list: [7, 5, 0] });
  });

  it('of time ends a long scan', async () => {
    await rows().insertMany(Array.from({ length: 20_000 }, (_, i) => ({ _id: 100 + i, a: i })));
    const slow = rows()
      .find({ $expr: { $eq: ['$a', -1] } })
      .maxTimeMS(20)
      .toArray();
    await expect(slow).rejects.toMatchObject({ code: 50 });
  });

  it('of a write concern that one member cannot keep comes with the write done', async () => {
    for (const w of [2, 'far away']) {
      const write = test.db.command({ insert: 'rows', documents: [{ a: 7 }], writeConcern: { w } });
      await expect(write).rejects.toMatchObject({ code: w === 2 ? 100 : 79, errorResponse: { ok: 1, n: 1 } });
    }
    expect(await rows().countDocuments({ a: 7 })).toBe(2);
  });

  it('of an element that is taken names the element', async () => {
    await rows().createIndex({ tags: 1 }, { unique: true, sparse: true });
    await rows().insertOne({ _id: 5, tags: ['a', 'b'] });
    const taken = rows().insertOne({ _id: 6, tags: ['c', 'b'] });
    await expect(taken).rejects.toMatchObject({ code: 11000, keyValue: { tags: 'b' } });
  });

  it('of one document in a write to many leaves those before it changed', async () => {
    await rows().createIndex({ a: 1 }, { unique: true });
    await expect(rows().updateMany({}, { $set: { a: 9 } })).rejects.toMatchObject({ code: 11000 });
    expect((await rows().find().toArray()).map(({ a }) => a)).toEqual([9, 2]);
  });

  it('keeps a unique index: which keys, which values', async () => {
    await rows().createIndex({ a: 1, 'deep.b': -1 }, { unique: true });
    const error = await rows()
      .insertOne({ _id: 5, a: 1 })
      .catch((thrown) => thrown);
    expect(error).toMatchObject({
      code: 11000,
      keyPattern: { a: 1, 'deep.b': -1 },
      keyValue: { a: 1, 'deep.b': null },
    });
    expect(error.message).toContain(
      'E11000 duplicate key error collection: t.rows index: a_1_deep.b_-1 dup key: { a: 1',
    );
  });
});
