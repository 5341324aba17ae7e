import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { unreadOf } from '../documents/member-row.ts';
import { perform } from '../log/testing/actions.ts';
import {
  account,
  asha,
  callBy,
  makeGroup,
  meena,
  openTestLogs,
  type Process,
  ravi,
  refusal,
  sayIn,
  type TestLogs,
  user,
} from '../log/testing/test-logs.ts';
import type { ConversationView, HistoryQuery } from './conversation-log.ts';

let logs: TestLogs;
let here: Process;
let pond: string;
let view: ConversationView;

beforeAll(async () => {
  logs = await openTestLogs();
  here = logs.process();
  pond = await makeGroup(here, logs.now(), [asha, ravi]);
  // 2 to 11 are messages; 12 to 21 reactions, which history does not show; 22 a coming; 23 to 27 messages.
  const first = await sayIn(here, pond, asha, 'message 2', logs.now());
  for (let seq = 3; seq <= 11; seq++) await sayIn(here, pond, asha, `message ${seq}`, logs.now());
  for (let at = 0; at < 10; at++) {
    const action = { do: 'react', messageId: first.entry!._id, emoji: '👍', removed: at % 2 === 1 } as const;
    await perform(here, pond, { by: ravi, requestId: `reaction ${at}`, action }, logs.now());
  }
  await perform(here, pond, { by: asha, requestId: 'add', action: { do: 'add', userKey: meena } }, logs.now());
  for (let seq = 23; seq <= 27; seq++) await sayIn(here, pond, asha, `message ${seq}`, logs.now());
  view = (await here.conversations.viewOf(pond))!;
});
afterAll(() => logs.close());

const seqs = async (query: HistoryQuery) => {
  const { entries, moreBefore, moreAfter } = await view.history(query);
  return { seqs: entries.map(({ seq }) => seq), moreBefore, moreAfter };
};

describe('history', () => {
  it.each<[string, HistoryQuery, number[], boolean, boolean]>([
    ['the newest', { limit: 4 }, [24, 25, 26, 27], true, false],
    ['before a number', { before: 24, limit: 4 }, [10, 11, 22, 23], true, true],
    ['before the beginning', { before: 1, limit: 4 }, [], false, true],
    ['all', { limit: 100 }, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 22, 23, 24, 25, 26, 27], false, false],
    ['after a number', { after: 10, limit: 3 }, [11, 22, 23], true, true],
    ['after the end', { after: 27, limit: 3 }, [], true, false],
    ['around one that is shown', { around: 11, limit: 4 }, [9, 10, 11, 22], true, true],
    ['around one that is not', { around: 15, limit: 4 }, [10, 11, 22, 23], true, true],
    ['above what was cleared', { limit: 100, above: 22 }, [23, 24, 25, 26, 27], false, false],
    ['around, above what was cleared', { around: 23, limit: 6, above: 22 }, [23, 24, 25], false, true],
  ])('has %s', async (_case, query, expected, moreBefore, moreAfter) => {
    expect(await seqs(query)).toEqual({ seqs: expected, moreBefore, moreAfter });
  });

  it('is cut at 256 KiB, and goes on from there', async () => {
    const group = await makeGroup(here, logs.now(), [asha, ravi]);
    for (let at = 0; at < 6; at++) await sayIn(here, group, asha, `long ${at}`, logs.now(), 'x'.repeat(60_000));
    const long = (await here.conversations.viewOf(group))!;
    const page = await long.history({ limit: 10 });
    expect(page).toMatchObject({ moreBefore: true });
    expect(page.entries.map(({ seq }) => seq)).toEqual([4, 5, 6, 7]);
    const before = await long.history({ limit: 10, before: 4 });
    expect(before.entries.map(({ seq }) => seq)).toEqual([1, 2, 3]);
    expect((await long.entries(1, 100)).entries.map(({ seq }) => seq)).toEqual([2, 3, 4, 5]);
  });
});

describe('the log', () => {
  it('is told above a number without a gap, and says where its head is', async () => {
    const { entries, head, gone } = await view.entries(20, 4);
    expect({ seqs: entries.map(({ seq }) => seq), head, gone }).toEqual({
      seqs: [21, 22, 23, 24],
      head: 27,
      gone: false,
    });
    expect((await view.entries(27, 4)).entries).toEqual([]);
  });

  it('is gone below its floor', async () => {
    await here.conversations.writeBehind();
    await logs.db.collection<{ _id: string }>('conversations').updateOne({ _id: pond }, { $set: { floor_seq: 5 } });
    const floored = (await logs.process().conversations.viewOf(pond))!;
    expect(await floored.entries(4, 10)).toMatchObject({ gone: true, head: 27, entries: [] });
    expect(await floored.entries(5, 1)).toMatchObject({ gone: false, entries: [{ seq: 6 }] });
  });
});

describe('members', () => {
  it('come owner first, then as they came, in pages', async () => {
    const all: string[] = [];
    let page = await view.members(2);
    while (page.length > 0) {
      all.push(...page.map(({ user_key }) => user_key));
      page = await view.members(2, page.at(-1));
    }
    expect(all).toEqual([asha, ravi, meena]);
  });
});

describe('what a list shows', () => {
  it('is as new as the log, though another process writes it', async () => {
    const there = logs.process();
    const { entry } = await sayIn(here, pond, ravi, 'just now', logs.now());
    const listed = await there.conversations.newestSummaries(account, [pond]);
    const { seq, number } = entry!;
    expect(listed.get(pond)).toMatchObject({ last_seq: seq, last_number: number, last_message: { seq } });
    const [row] = await there.conversations.rows.ofUserIn(account, ravi, [pond]);
    expect(unreadOf(row!, number)).toBe(0);
  });
});

describe('a conversation of another account', () => {
  it('is none', async () => {
    const stranger = { ...user('800000000001'), accountKey: '900000000002' } as ReturnType<typeof user>;
    const call = callBy(stranger, logs.now());
    await expect(here.conversations.open(call, pond)).rejects.toEqual(refusal('CONVERSATION_NOT_FOUND'));
    await expect(here.conversations.view(call, pond)).rejects.toEqual(refusal('CONVERSATION_NOT_FOUND'));
    const known = await view.history({ limit: 1 });
    await expect(here.conversations.conversationOf(call, known.entries[0]!._id)).rejects.toEqual(
      refusal('MESSAGE_NOT_FOUND'),
    );
    expect((await here.conversations.summaries('900000000002', [pond])).size).toBe(0);
  });
});

describe('a direct conversation', () => {
  it('is one for each pair, also when both make it at once and when a crash left it half made', async () => {
    const [dying, one, other] = [logs.process(), logs.process(), logs.process()];
    const make = (process: Process, by: string) =>
      process.conversations.create(callBy(user(by), logs.now()), {
        accountKey: '900000000001',
        key: { direct: by === asha ? [asha, meena] : [meena, asha] },
        type: 'direct',
        onlyAdminsCanSend: false,
        members: [asha, meena].map((user_key) => ({ user_key, role: 'member' as const })),
        createdBy: by,
      });
    dying.flaky.fate = (collection) => {
      if (collection !== 'conversations') return 'done';
      dying.kill();
      return 'lost before';
    };
    await expect(make(dying, asha)).rejects.toThrow();
    const made = await Promise.all([make(one, asha), make(other, meena), make(one, meena)]);
    expect(new Set(made.map(({ conversationId }) => conversationId)).size).toBe(1);
    expect(made.map(({ view: { state } }) => [state.seq, state.memberCount])).toEqual([
      [1, 2],
      [1, 2],
      [1, 2],
    ]);
  });
});
