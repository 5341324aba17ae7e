import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { MembershipUpdatedEvent, MessageHiddenEvent } from '../../../gen/circuit/chat/v1/events.ts';
import type { MemberRow } from '../documents/member-row.ts';
import {
  account,
  asha,
  makeGroup,
  openTestLogs,
  type Process,
  ravi,
  refusal,
  sayIn,
  type TestLogs,
} from '../log/testing/test-logs.ts';
import type { RowChange } from './user-logs.ts';

let logs: TestLogs;
let here: Process;
let pond: string;
const soon = () => AbortSignal.timeout(10_000);
const who = { userKey: ravi, accountKey: account };

beforeAll(async () => {
  logs = await openTestLogs();
});
beforeEach(async () => {
  here = logs.process();
  pond = await makeGroup(here, logs.now(), [asha, ravi]);
  for (const text of ['one', 'two', 'three']) await sayIn(here, pond, asha, text, logs.now());
  await here.conversations.writeBehind();
});
afterAll(() => logs.close());

const change = (what: RowChange, process = here) => process.userLogs.changeRow(who, pond, what, soon());
const read = (seq: number, at = logs.now()): RowChange => ({ read: { seq, number: seq - 1, at, keepTime: true } });
const rowOf = () => logs.db.collection<MemberRow>('members').findOne({ user_key: ravi, conversation_id: pond });
const updatesOf = ({ published }: Process) =>
  published.filter(({ topic, event }) => topic === `u:${ravi}` && event === 'membership.updated');

describe("changes of one's own row", () => {
  it('are stored at once where they are rare, and told to every device', async () => {
    const { row, moved } = await change({ pinned: true });
    expect({ moved, pinned: row.pinned }).toEqual({ moved: true, pinned: true });
    expect(await rowOf()).toMatchObject({ pinned: true, own_changed: await here.userLogs.head(ravi) });
    const [told] = updatesOf(here);
    expect(MembershipUpdatedEvent.decode(told!.data).changes).toMatchObject([
      { conversationId: pond, membership: { pinned: true, unreadCount: 3 } },
    ]);
  });

  it('are gathered for a second where they are frequent: one entry, one answer for all', async () => {
    const before = await here.userLogs.head(ravi);
    const first = await change({ draft: { content: 'a', updatedAt: 1 } });
    const burst = await Promise.all(
      ['ab', 'abc', 'abcd']
        .map((content) => change({ draft: { content, updatedAt: 2 } }))
        .concat(change({ muted: true })),
    );
    expect(first.row.draft?.content).toBe('a');
    for (const { row } of burst) expect(row).toMatchObject({ draft: { content: 'abcd' }, muted: true });
    expect(await here.userLogs.head(ravi)).toBe(before + 2);
    expect(updatesOf(here).filter(({ seq }) => seq > before)).toHaveLength(2);
  });

  it('are done in the order of the calls, however long each takes to be ready', async () => {
    let ready: (change: RowChange) => void = () => {};
    const late = new Promise<RowChange>((resolve) => {
      ready = resolve;
    });
    const first = here.userLogs.changeRow(who, pond, late, soon());
    const refused = here.userLogs.changeRow(who, pond, Promise.reject(refusal('NOT_A_MEMBER')), soon());
    const last = change({ draft: { content: 'abc', updatedAt: 3 } });
    ready({ draft: { content: 'a', updatedAt: 1 }, pinned: true });
    await expect(refused).rejects.toEqual(refusal('NOT_A_MEMBER'));
    await Promise.all([first, last]);
    expect(await rowOf()).toMatchObject({ draft: { content: 'abc' }, pinned: true });
  });

  it('that change nothing make no entry', async () => {
    const before = await here.userLogs.head(ravi);
    expect(await change({ archived: false, muted: false, draft: null })).toMatchObject({ moved: false });
    expect(await here.userLogs.head(ravi)).toBe(before);
  });

  it('clear what is null', async () => {
    const until = new Date(logs.now() + 60_000);
    await change({ muted: true, mutedUntil: until, draft: { content: 'soon', updatedAt: 1 } });
    expect(await rowOf()).toMatchObject({ muted: true, muted_until: until });
    await change({ muted: false, draft: null }, logs.process());
    const row = await rowOf();
    expect(row).toMatchObject({ muted: false });
    expect(row).not.toHaveProperty('muted_until');
    expect(row).not.toHaveProperty('draft');
  });

  it('are for conversations that the user has a row of', async () => {
    const change = here.userLogs.changeRow(who, '999999999999', { pinned: true }, soon());
    await expect(change).rejects.toEqual(refusal('CONVERSATION_NOT_FOUND'));
  });

  it('by two processes at once all count, and leave no gap', async () => {
    const there = logs.process();
    await Promise.all([
      change({ pinned: true }),
      change({ archived: true }, there),
      change(read(3)),
      change(read(4), there),
    ]);
    expect(await rowOf()).toMatchObject({ pinned: true, archived: true, read_seq: 4, read_number: 3 });
    const entries = await logs.db.collection('user_entries').find({ user_key: ravi }).sort({ seq: 1 }).toArray();
    expect(entries.map(({ seq }) => seq)).toEqual(entries.map((_, at) => at + 1));
  });

  it('are applied by the next to open the log when their process dies before it could', async () => {
    here.flaky.fate = (collection) => {
      if (collection !== 'user_entries') return 'done';
      here.kill();
      return 'lost after';
    };
    await expect(change(read(3))).rejects.toThrow();
    await here.flaky.idle();
    expect(await rowOf()).not.toHaveProperty('read_seq');
    const next = logs.process();
    const events = await next.topics.entries(`u:${ravi}`, (await next.userLogs.head(ravi)) - 1, 10, soon());
    expect(await rowOf()).toMatchObject({ read_seq: 3 });
    const [update] = events.events.map(({ data }) => MembershipUpdatedEvent.decode(data));
    expect(update?.changes[0]?.membership).toMatchObject({ readSeq: 3, unreadCount: 1 });
  });
});

describe('watermarks', () => {
  it('of reading only rise', async () => {
    await change(read(3));
    expect(await change(read(2), logs.process())).toMatchObject({ moved: false, row: { read_seq: 3 } });
    expect(await rowOf()).toMatchObject({ read_seq: 3, read_number: 2 });
  });

  it('have the time of the first pair at or above a number; below the oldest only that they passed', async () => {
    const minute = 60_000;
    const start = logs.now();
    await change(read(2, start));
    await change(read(4, start + minute), logs.process());
    await here.userLogs.delivered((await rowOf())!, { seq: 3, at: start + 2 * minute, keepTime: true });
    const view = (await here.conversations.viewOf(pond))!;
    const times = async (seq: number) => {
      const row = (await rowOf())!;
      return (await view.receipts([row], [seq]))(row, seq);
    };
    expect(await times(2)).toMatchObject({ readAt: new Date(start), deliveredAt: new Date(start) });
    // Told of its delivery later than read: it was there when it was read.
    expect(await times(3)).toEqual({ readAt: new Date(start + minute), deliveredAt: new Date(start + minute) });
    expect(await times(4)).toEqual({ readAt: new Date(start + minute), deliveredAt: new Date(start + minute) });
    // As after 90 days: the pairs are gone, the watermark stays.
    await logs.db.collection('receipts').deleteMany({ conversation_id: pond });
    expect(await times(4)).toEqual({ readAt: undefined, deliveredAt: undefined });
  });

  it('of delivery keep one pair, also where a process dies between it and the row', async () => {
    const mark = { seq: 3, at: logs.now(), keepTime: true };
    here.flaky.fate = (collection) => (collection === 'members' ? 'lost before' : 'done');
    await expect(here.userLogs.delivered((await rowOf())!, mark)).rejects.toThrow();
    here.flaky.fate = () => 'done';
    expect(await here.userLogs.delivered((await rowOf())!, mark)).toMatchObject({ moved: true });
    expect(await here.userLogs.delivered((await rowOf())!, { ...mark, seq: 2 })).toMatchObject({ moved: false });
    const [document] = await logs.db.collection('receipts').find({ conversation_id: pond }).toArray();
    expect(document?.delivered).toEqual([{ to: 3, at: new Date(mark.at) }]);
  });
});

describe('messages hidden from oneself', () => {
  it('are hidden once, on every device', async () => {
    const ids = ['500000000001', '500000000002'];
    await here.userLogs.hideMessages(who, pond, ids, soon());
    await logs.process().userLogs.hideMessages(who, pond, ids, soon());
    const told = here.published.filter(({ event }) => event === 'message.hidden');
    expect(told.map(({ data }) => MessageHiddenEvent.decode(data).messageIds)).toEqual([ids]);
    expect(await here.userLogs.hidden(who, pond, [...ids, '500000000003'])).toEqual(new Set(ids));
  });
});
