// Which index answers what, told by explain with MongoDB's stage names: so these tests read the same against MongoDB.
import type { Document, Sort } from 'mongodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openTestStore, type TestStore } from '../open-test-store.ts';

let test: TestStore;
const rows = () => test.db.collection('rows');

beforeAll(async () => {
  test = await openTestStore();
  await rows().createIndexes([
    { key: { conversation_id: 1, seq: 1 }, name: 'log', unique: true },
    { key: { user: 1, at: -1 }, name: 'recent' },
    { key: { tags: 1 }, name: 'tags' },
    { key: { token: 1 }, name: 'token', sparse: true },
    { key: { due: 1 }, name: 'due', partialFilterExpression: { state: 'open' } },
  ]);
  await rows().insertMany(
    Array.from({ length: 200 }, (_, i) => ({
      conversation_id: `c${i % 4}`,
      seq: i,
      user: `u${i % 5}`,
      at: i,
      tags: ['x', i % 7],
      ...(i % 2 ? { token: i } : {}),
      due: i,
      state: i % 3 ? 'open' : 'done',
    })),
  );
});

afterAll(() => test.close());

/** The stages from the outside in, and the index. */
async function planOf(filter: Document, sort?: Sort, limit = 0): Promise<string> {
  const explained = await rows()
    .find(filter, { ...(sort === undefined ? {} : { sort }), limit })
    .explain('executionStats');
  const out: string[] = [];
  for (let stage = explained.queryPlanner.winningPlan; stage !== undefined; stage = stage.inputStage) {
    out.push(stage.stage === 'IXSCAN' ? `IXSCAN ${stage.indexName} ${stage.direction}` : stage.stage);
  }
  return out.join(' < ');
}

describe('the plan', () => {
  it('takes equality, then range, then the sort from one index', async () => {
    expect(await planOf({ conversation_id: 'c1', seq: { $gt: 5 } }, { seq: 1 })).toBe('FETCH < IXSCAN log forward');
    expect(await planOf({ conversation_id: 'c1' }, { seq: -1 }, 1)).toBe('LIMIT < FETCH < IXSCAN log backward');
    expect(await planOf({ user: 'u1' }, { at: -1 })).toBe('FETCH < IXSCAN recent forward');
    expect(await planOf({ user: 'u1' }, { at: 1 })).toBe('FETCH < IXSCAN recent backward');
  });

  it('sorts in memory where no index gives the order', async () => {
    expect(await planOf({ user: 'u1' }, { seq: 1 })).toBe('SORT < FETCH < IXSCAN recent forward');
    expect(await planOf({ tags: 'x' }, { tags: 1 })).toBe('SORT < FETCH < IXSCAN tags forward');
  });

  it('uses sparse and partial indexes only where the filter implies them', async () => {
    expect(await planOf({ token: 7 })).toBe('FETCH < IXSCAN token forward');
    expect(await planOf({ token: null })).toBe('COLLSCAN');
    expect(await planOf({ token: { $exists: true } })).toBe('FETCH < IXSCAN token forward');
    expect(await planOf({ due: { $lt: 5 }, state: 'open' })).toBe('FETCH < IXSCAN due forward');
    expect(await planOf({ due: { $lt: 5 } })).toBe('COLLSCAN');
    expect(await planOf({ due: { $lt: 5 }, state: { $in: ['open', 'done'] } })).toBe('COLLSCAN');
  });

  it('says what is done with the documents', async () => {
    const stages = async (command: Document) => {
      const explained = await test.db.command({ explain: command, verbosity: 'queryPlanner' });
      const out: string[] = [];
      for (let stage = explained.queryPlanner.winningPlan; stage !== undefined; stage = stage.inputStage)
        out.push(stage.stage);
      return out.join(' < ');
    };
    const q = { user: 'u1' };
    const found = { find: 'rows', filter: q };
    expect(await stages({ ...found, sort: { seq: 1 }, skip: 1, limit: 2 })).toBe('SKIP < SORT < FETCH < IXSCAN');
    expect(await stages({ ...found, skip: 1, limit: 2 })).toBe('LIMIT < SKIP < FETCH < IXSCAN');
    expect(await stages({ ...found, projection: { user: 1 } })).toBe('PROJECTION_SIMPLE < FETCH < IXSCAN');
    expect(await stages({ ...found, projection: { 'a.b': 1 } })).toBe('PROJECTION_DEFAULT < FETCH < IXSCAN');
    const counted = { explain: { count: 'rows', query: q } };
    await expect(test.db.command(counted)).rejects.toMatchObject({ code: 59 });
    await expect(test.db.command({ explain: found, verbosity: 'loud' })).rejects.toMatchObject({ code: 2 });
  });

  it('looks only at the keys it needs', async () => {
    const one = await rows().find({ conversation_id: 'c1', seq: 5 }).explain('executionStats');
    expect(one.executionStats).toMatchObject({ nReturned: 1, totalKeysExamined: 1, totalDocsExamined: 1 });
    const last = await rows().find({ conversation_id: 'c1' }).sort({ seq: -1 }).limit(1).explain('executionStats');
    expect(last.executionStats).toMatchObject({ nReturned: 1, totalKeysExamined: 1, totalDocsExamined: 1 });
    const many = await rows()
      .find({ conversation_id: 'c1', seq: { $in: [1, 5, 9, 2] } })
      .explain('executionStats');
    expect(many.executionStats).toMatchObject({ nReturned: 3, totalKeysExamined: 3 });
  });

  it('stays small under long lists, and finds all the same', async () => {
    const long = Array.from({ length: 3000 }, (_, i) => i);
    const users = Array.from({ length: 3000 }, (_, i) => `u${i}`);
    expect(await rows().countDocuments({ user: { $in: users }, at: { $in: long } })).toBe(200);
    expect(
      await rows().countDocuments({ user: { $in: ['u1', ...users.slice(5)] }, at: { $in: long.slice(100) } }),
    ).toBe(20);
  });

  it('obeys a hint, and knows when there is no such index', async () => {
    const hinted = await rows().find({ user: 'u1', tags: 'x' }).hint('tags').explain('queryPlanner');
    expect(hinted.queryPlanner.winningPlan.inputStage.indexName).toBe('tags');
    await expect(rows().find({}).hint('none').toArray()).rejects.toMatchObject({ code: 2 });
  });
});
