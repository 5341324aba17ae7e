import type { Document } from 'mongodb';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { StoreHooks } from '../../../embedded/store.ts';
import {
  asha,
  makeGroup,
  openTestLogs,
  type Process,
  ravi,
  refusal,
  sayIn,
  type TestLogs,
} from './testing/test-logs.ts';

type Failure = ReturnType<NonNullable<StoreHooks['failCommand']>>;

/** What befalls the next inserts into `messages`, at the store itself: the driver sees what it would see of MongoDB. */
const befalls: Failure[] = [];
const hooks: StoreHooks = {
  failCommand: ({ command, namespace }) =>
    command === 'insert' && namespace.endsWith('.messages') ? befalls.shift() : undefined,
};

let logs: TestLogs;
let here: Process;
let pond: string;

beforeAll(async () => {
  logs = await openTestLogs(hooks);
  here = logs.process();
});
beforeEach(async () => {
  befalls.length = 0;
  pond = await makeGroup(here, logs.now(), [asha, ravi]);
});
afterAll(() => logs.close());

async function expectOneGapless(conversationId: string, requestIds: readonly string[]): Promise<void> {
  const stored = await logs.db
    .collection('messages')
    .find({ conversation_id: conversationId })
    .sort({ seq: 1 })
    .toArray();
  expect(stored.map(({ seq }) => seq)).toEqual(stored.map((_, at) => at + 1));
  expect(stored.slice(1).map(({ request_id }) => request_id)).toEqual(requestIds);
  const published = here.published.filter(({ topic }) => topic === `c:${conversationId}`).map(({ seq }) => seq);
  expect(published).toEqual(stored.map(({ seq }) => seq));
}

const notPrimary = { errorCode: 10107, errorLabels: [] };
const writeConcern = { writeConcernError: { code: 64, errmsg: 'waiting for replication timed out' } };

/** What befalls inserts at the store is in the hands of the embedded one: another server knows no such hook. */
const hasHooks = !process.env.MONGODB_URI;

describe.runIf(hasHooks)('an append whose outcome is not known, at the store itself,', () => {
  it.each<[string, Failure[]]>([
    ['the connection is lost before the store hears of it', [{ closeConnection: true }, { closeConnection: true }]],
    ['the connection is lost after it was stored', [{ closeConnection: true, afterCommit: true }]],
    ['the same happens to the retry', [{ closeConnection: true, afterCommit: true }, { closeConnection: true }]],
    ['the primary steps down before', [notPrimary, notPrimary]],
    ['the primary steps down after', [{ ...notPrimary, afterCommit: true }]],
    ['no majority confirms it in time', [{ ...writeConcern, afterCommit: true }]],
  ])('is stored once and acknowledged where %s', async (_case, failures) => {
    befalls.push(...failures);
    const change = await sayIn(here, pond, asha, 'only once', logs.now());
    expect(change.entry?.seq).toBe(2);
    expect(befalls, 'all of it befell the store').toEqual([]);
    await sayIn(here, pond, ravi, 'next', logs.now());
    await expectOneGapless(pond, ['only once', 'next']);
  });

  it('leaves the others of its bulk and of its run alone', async () => {
    const other = await makeGroup(here, logs.now(), [asha, ravi]);
    befalls.push({ ...writeConcern, afterCommit: true }, { closeConnection: true, afterCommit: true });
    const requests = ['one', 'two', 'three', 'four'];
    const changes = await Promise.all(
      [pond, other].flatMap((id) => requests.map((request) => sayIn(here, id, asha, request, logs.now()))),
    );
    expect(befalls, 'all of it befell the store').toEqual([]);
    expect(changes.map(({ entry }) => entry?.seq)).toEqual([2, 3, 4, 5, 2, 3, 4, 5]);
    await expectOneGapless(pond, requests);
    await expectOneGapless(other, requests);
  });
});

describe('an append whose outcome is not known', () => {
  it('makes its conversation go alone until one succeeds, so that it holds up no other', async () => {
    const alone: boolean[] = [];
    here.flaky.fate = (collection, method, [, options]) => {
      if (collection !== 'messages' || method !== 'insertMany') return 'done';
      alone.push((options as { ordered: boolean }).ordered);
      return alone.length === 1 ? 'lost before' : 'done';
    };
    await sayIn(here, pond, asha, 'lost at first', logs.now());
    await sayIn(here, pond, ravi, 'with the others again', logs.now());
    here.flaky.fate = () => 'done';
    expect(alone).toEqual([false, true, false]);
  });

  it('is acknowledged where the store does it only after the log was read for it', async () => {
    let late: (() => Promise<unknown>) | undefined;
    here.flaky.fate = (collection, method, [documents]) => {
      if (collection !== 'messages' || method !== 'insertMany') return 'done';
      late = () => logs.db.collection('messages').insertMany(documents as Document[]);
      here.flaky.fate = () => 'done';
      return 'lost before';
    };
    here.flaky.reading = async (collection, filter) => {
      if (collection !== 'messages' || !('request_id' in filter)) return;
      await late?.();
      late = undefined;
    };
    expect((await sayIn(here, pond, asha, 'late', logs.now())).entry?.seq).toBe(2);
    await sayIn(here, pond, ravi, 'next', logs.now());
    await expectOneGapless(pond, ['late', 'next']);
  });

  it('is told as STORE_UNAVAILABLE when the store stays away, and found by a retry', async () => {
    let away = true;
    here.flaky.fate = (collection) => (collection === 'messages' && away ? 'lost after' : 'done');
    here.flaky.failReads = () => away;
    const told = sayIn(here, pond, asha, 'while away', logs.now());
    await expect(told).rejects.toEqual(refusal('STORE_UNAVAILABLE'));
    away = false;
    here.flaky.fate = () => 'done';
    expect((await sayIn(here, pond, asha, 'while away', logs.now())).entry?.seq).toBe(2);
    await expectOneGapless(pond, ['while away']);
  }, 30_000);
});
