import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { account, asha, makeGroup, openTestLogs, type Process, type TestLogs } from '../log/testing/test-logs.ts';
import { compactionLimits } from './compaction.ts';
import type { UserEntry } from './user-entry.ts';
import type { UserLogHead } from './user-kind.ts';

const { keepMs, entriesMax, leaseMs } = compactionLimits;
const hourMs = 3_600_000;

let logs: TestLogs;
let here: Process;
let pond: string;
let ravi: string;
let people = 0;

beforeAll(async () => {
  logs = await openTestLogs();
});
beforeEach(async () => {
  here = logs.process();
  people += 1;
  ravi = `2${String(people).padStart(11, '0')}`;
  pond = await makeGroup(here, logs.now(), [asha, ravi]);
  await here.conversations.writeBehind();
});
afterAll(() => logs.close());

const seqs = async () => {
  const found = await logs.db.collection<UserEntry>('user_entries').find({ user_key: ravi }).sort({ seq: 1 }).toArray();
  return found.map(({ seq }) => seq);
};
const headOf = () => logs.db.collection<UserLogHead>('user_logs').findOne({ _id: ravi });
const upTo = (head: number, from = 1) => Array.from({ length: head - from + 1 }, (_, at) => from + at);

/** So many further entries of Ravi's log, each its own. */
async function write(count: number, process = here): Promise<void> {
  const who = { userKey: ravi, accountKey: account };
  for (let n = 0; n < count; n++) {
    await process.userLogs.hideMessages(who, pond, [`${people} ${logs.now()} ${n}`], AbortSignal.timeout(10_000));
  }
  await process.userLogs.writeBehind();
}

/** Sweeps until nothing is due. */
async function compact(process: Process): Promise<void> {
  while ((await process.userLogs.compact()) > 0);
}

describe("a user's log", () => {
  it('loses what is older than thirty days, nothing younger, and never its highest entry', async () => {
    await write(4);
    logs.move(20 * 24 * hourMs);
    await write(2);
    await compact(here);
    expect(await seqs()).toEqual(upTo(7));
    logs.move(keepMs - 20 * 24 * hourMs + hourMs);
    await compact(here);
    expect(await seqs()).toEqual([6, 7]);
    logs.move(2 * keepMs);
    await compact(here);
    expect(await seqs()).toEqual([7]);
    await write(1);
    expect(await seqs()).toEqual([7, 8]);
  });

  it('is told nothing a second time by a process that knew what is removed since', async () => {
    await write(1);
    logs.move(keepMs + hourMs);
    await compact(here);
    expect(await seqs()).toEqual([2]);
    const cause = { conversationId: pond, accountKey: account, seq: 1, at: logs.now() };
    await here.userLogs.added(cause, ravi, asha, true);
    expect(await seqs()).toEqual([2]);
  });

  it('answers positions below its floor with "gone", in processes that knew it before, too', async () => {
    const other = logs.process();
    await write(9);
    expect(await other.userLogs.entries(ravi, 3, 100)).toMatchObject({ gone: false, head: 10 });
    logs.move(keepMs - hourMs);
    await write(3);
    expect(await other.userLogs.head(ravi)).toBe(13);
    logs.move(2 * hourMs);
    await compact(here);
    expect(await seqs()).toEqual([11, 12, 13]);
    for (const process of [other, here, logs.process()]) {
      expect(await process.userLogs.entries(ravi, 9, 100)).toEqual({ entries: [], head: 13, gone: true });
      const page = await process.userLogs.entries(ravi, 10, 100);
      expect({ ...page, entries: page.entries.map(({ seq }) => seq) }).toEqual({
        entries: [11, 12, 13],
        head: 13,
        gone: false,
      });
    }
  });

  it('is compacted by the next process where one dies between the floor and the deletion', async () => {
    await write(5);
    logs.move(keepMs + hourMs);
    const dying = logs.process();
    dying.flaky.fate = (_collection, method, [filter]) => {
      if (method !== 'deleteMany' || (filter as { user_key: string }).user_key !== ravi) return 'done';
      dying.kill();
      return 'lost before';
    };
    await dying.userLogs.compact();
    expect(await headOf()).toMatchObject({ floor_seq: 5 });
    expect(await seqs()).toEqual(upTo(6));
    expect(await logs.process().userLogs.entries(ravi, 4, 100)).toMatchObject({ gone: true, entries: [] });

    logs.move(leaseMs + 1_000);
    await compact(logs.process());
    expect(await seqs()).toEqual([6]);
  });

  it('goes in bounded parts, and each part once, whoever sweeps', async () => {
    await write(3);
    const [entry] = await logs.db.collection<UserEntry>('user_entries').find({ user_key: ravi, seq: 4 }).toArray();
    const more = upTo(2 * entriesMax + 10, 5).map((seq) => ({
      ...entry!,
      _id: `${ravi} ${seq}`,
      seq,
      request_id: `${seq}`,
    }));
    await logs.db.collection<UserEntry>('user_entries').insertMany(more);
    await logs.db
      .collection<UserLogHead>('user_logs')
      .updateOne({ _id: ravi }, { $set: { last_seq: 2 * entriesMax + 10 } });
    await write(1, logs.process());
    logs.move(keepMs + hourMs);
    const sweepers = [logs.process(), logs.process(), logs.process()];
    const removals: unknown[] = [];
    for (const { flaky } of sweepers) {
      flaky.fate = (_collection, method, [filter]) => {
        if (method === 'deleteMany' && (filter as { user_key: string }).user_key === ravi) removals.push(filter);
        return 'done';
      };
    }
    await Promise.all(sweepers.map((process) => compact(process)));
    expect(removals).toMatchObject([{ seq: { $lte: 500 } }, { seq: { $lte: 1_000 } }, { seq: { $lte: 1_010 } }]);
    expect(await seqs()).toEqual([1_011]);
  });

  it('takes no number for free whose entry was removed, however long a process has not looked at it', async () => {
    const sleeping = logs.process();
    await write(1, sleeping);
    await write(6);
    expect(await seqs()).toEqual(upTo(8));
    logs.move(keepMs + hourMs);
    await compact(here);
    await write(1, sleeping);
    expect(await seqs()).toEqual([8, 9]);
  });
});
