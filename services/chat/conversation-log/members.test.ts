import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ConversationHeadEvent } from '../../../gen/circuit/chat/v1/events.ts';
import type { MemberRow } from '../documents/member-row.ts';
import { unreadOf } from '../documents/member-row.ts';
import { performAnew } from '../log/testing/actions.ts';
import {
  account,
  asha,
  callBy,
  makeGroup,
  meena,
  openTestLogs,
  type Process,
  ravi,
  sayIn,
  type TestLogs,
  user,
} from '../log/testing/test-logs.ts';

let logs: TestLogs;
let here: Process;
const soon = () => AbortSignal.timeout(10_000);

beforeAll(async () => {
  logs = await openTestLogs();
  here = logs.process();
});
afterAll(() => logs.close());

const rowOf = (pond: string, key: string) =>
  logs.db.collection<MemberRow>('members').findOne({ user_key: key, conversation_id: pond });
const change = (pond: string, action: { do: 'add' | 'remove'; userKey: string }, process = here) =>
  performAnew(process, pond, asha, action, logs.now());

/** Past the handlers' bound of 256, as channels have them. */
async function addMany(pond: string, userKeys: readonly string[], process = here): Promise<void> {
  for (let from = 0; from < userKeys.length; from += 100) {
    const call = callBy(user(asha), logs.now());
    const conversation = await process.conversations.open(call, pond);
    await conversation.append(call, {
      senderKey: `user:${asha}`,
      requestId: `add from ${userKeys[from]}`,
      about: from,
      decide: () => ({
        kind: 'members_added',
        members: userKeys.slice(from, from + 100).map((user_key) => ({ user_key, role: 'member' })),
        added_by: asha,
      }),
    });
    call.end();
  }
}

describe('members', () => {
  it('keep their row when they leave, and get a new beginning when they come again', async () => {
    const pond = await makeGroup(here, logs.now(), [asha, ravi]);
    await sayIn(here, pond, asha, 'one', logs.now());
    await change(pond, { do: 'remove', userKey: ravi });
    expect(await rowOf(pond, ravi)).toMatchObject({ active: false, left_seq: 3, since: 1, changed: 3 });
    await sayIn(here, pond, asha, 'two', logs.now());
    await change(pond, { do: 'add', userKey: ravi });
    const row = await rowOf(pond, ravi);
    expect(row).toMatchObject({ active: true, since: 5, joined_number: 2, added_by: asha });
    expect(row).not.toHaveProperty('left_seq');
  });

  it('lose the topic in its own sequence and again in their own log; and are granted it there', async () => {
    const pond = await makeGroup(here, logs.now(), [asha, ravi]);
    await change(pond, { do: 'add', userKey: meena });
    await change(pond, { do: 'remove', userKey: meena });
    await here.conversations.writeBehind();
    const inTopic = await here.topics.entries(`c:${pond}`, 1, 10, soon());
    expect(inTopic.events.map(({ event, revokedUsers }) => [event, revokedUsers])).toEqual([
      ['member.added', []],
      ['member.removed', [meena]],
    ]);
    const { events } = await logs.process().topics.entries(`u:${meena}`, 0, 100, soon());
    const ofPond = events.filter(({ grantedTopics, revokedTopics }) =>
      [...grantedTopics, ...revokedTopics].some(({ topic }) => topic === `c:${pond}`),
    );
    expect(ofPond.map(({ grantedTopics, revokedTopics }) => ({ grantedTopics, revokedTopics }))).toEqual([
      {
        grantedTopics: [{ topic: `c:${pond}`, since: 2, follow: true }],
        revokedTopics: [],
      },
      {
        grantedTopics: [],
        revokedTopics: [
          { topic: `c:${pond}`, seq: 3 },
          { topic: `h:${pond}`, seq: 3 },
        ],
      },
    ]);
  });

  it('are told of coming and going in the order that it happened, whatever fails', async () => {
    const process = logs.process();
    const pond = await makeGroup(process, logs.now(), [asha, ravi]);
    await process.conversations.writeBehind();
    let failures = 3;
    process.flaky.fate = (collection) => (collection === 'user_entries' && failures-- > 0 ? 'lost before' : 'done');
    for (const what of ['add', 'remove', 'add', 'remove'] as const)
      await change(pond, { do: what, userKey: meena }, process);
    await process.conversations.writeBehind();
    const told = await logs.db.collection('user_entries').find({ user_key: meena }).sort({ seq: 1 }).toArray();
    const ofPond = told.filter(({ conversation_id }) => conversation_id === pond).map(({ kind }) => kind);
    expect(ofPond).toEqual(['added', 'removed', 'added', 'removed']);
  });

  it('are told of a coming that failed at first before the going that did not', async () => {
    const process = logs.process();
    const pond = await makeGroup(process, logs.now(), [asha, ravi]);
    await process.conversations.writeBehind();
    const newcomer = '400000000001';
    await process.meet([asha, newcomer]);
    let failures = 1;
    process.flaky.failReads = (collection) => collection === 'user_logs' && failures-- > 0;
    await Promise.all(
      (['add', 'remove'] as const).map((what) => change(pond, { do: what, userKey: newcomer }, process)),
    );
    await process.conversations.writeBehind();
    const told = await logs.db.collection('user_entries').find({ user_key: newcomer }).sort({ seq: 1 }).toArray();
    expect(told.map(({ kind }) => kind)).toEqual(['added', 'removed']);
  });

  it('who came last are known after a load, too, and before the head document knows', async () => {
    const pond = await makeGroup(here, logs.now(), [asha, ravi]);
    expect((await logs.process().conversations.viewOf(pond))?.state.lastJoined).toBe(0);
    await change(pond, { do: 'add', userKey: meena });
    await sayIn(here, pond, asha, 'welcome', logs.now());
    expect((await logs.process().conversations.viewOf(pond))?.state.lastJoined).toBe(2);
    await here.conversations.writeBehind();
    await change(pond, { do: 'remove', userKey: meena });
    expect((await logs.process().conversations.viewOf(pond))?.state.lastJoined).toBe(2);
  });

  it('came last at a number that an older head does not know: nothing before it is told to all', async () => {
    const pond = await makeGroup(here, logs.now(), [asha, ravi]);
    await here.conversations.writeBehind();
    const heads = logs.db.collection<{ _id: string }>('conversations');
    expect(await heads.findOne({ _id: pond })).toMatchObject({ last_joined: 0 });
    await heads.updateOne({ _id: pond }, { $unset: { last_joined: 1 } });
    expect((await logs.process().conversations.viewOf(pond))?.state.lastJoined).toBe(2);
  });

  it('have rights from when they came, at the head at which that was read', async () => {
    const pond = await makeGroup(here, logs.now(), [asha, ravi]);
    await change(pond, { do: 'add', userKey: meena });
    await change(pond, { do: 'remove', userKey: ravi });
    expect(await here.topics.rights(`c:${pond}`, [asha, ravi, meena, '999999999999'], soon())).toEqual({
      head: 3,
      rights: [
        { userKey: asha, since: 1 },
        { userKey: meena, since: 2 },
      ],
    });
    const granted = await here.topics.grants({ userKey: ravi, accountKey: account }, soon());
    expect(granted.some(({ topic }) => topic === `c:${pond}`)).toBe(false);
  });
});

describe('a conversation above 256 members', () => {
  const people = Array.from({ length: 300 }, (_, at) => String(300000000000 + at));
  let pond: string;
  beforeAll(async () => {
    pond = await makeGroup(here, logs.now(), [asha, ravi]);
    await addMany(pond, people);
  });

  it('caches owner and admins only, and finds the row of whoever acts', async () => {
    const fresh = logs.process();
    const view = await fresh.conversations.viewOf(pond);
    expect(view?.state).toMatchObject({ memberCount: 302, membersComplete: false });
    expect([...view!.state.members.keys()]).toEqual([asha]);
    await here.conversations.writeBehind();
    const again = logs.process();
    expect((await sayIn(again, pond, people[150]!, 'one of many', logs.now())).entry?.kind).toBe('message');
    await change(pond, { do: 'remove', userKey: people[151]! });
    await expect(sayIn(again, pond, people[151]!, 'no more', logs.now())).rejects.toThrow('not a member');
    await expect(sayIn(again, pond, '999999999999', 'a stranger', logs.now())).rejects.toThrow('not a member');
  });

  it('is followed by its heads until the app opens it', async () => {
    await here.conversations.writeBehind();
    const granted = await here.topics.grants({ userKey: people[10]!, accountKey: account }, soon());
    expect(granted.map(({ topic, follow }) => [topic, follow])).toEqual([
      [`c:${pond}`, false],
      [`h:${pond}`, true],
    ]);
    const quiet = logs.process();
    for (const text of ['one', 'two', 'three']) await sayIn(quiet, pond, asha, `head ${text}`, logs.now());
    // One at once; the next not before five seconds.
    expect(quiet.published.filter(({ topic }) => topic === `h:${pond}`)).toHaveLength(1);
  });

  it('tells no newcomer what was said before they came', async () => {
    await sayIn(here, pond, asha, 'before', logs.now(), 'a secret');
    await here.conversations.writeBehind();
    const told = logs.process();
    await addMany(pond, [meena], told);
    const [head] = told.published.filter(({ topic }) => topic === `h:${pond}`);
    expect(ConversationHeadEvent.decode(head!.data)).not.toHaveProperty('lastMessage.messageId');
    await told.conversations.writeBehind();
    const after = logs.process();
    await sayIn(after, pond, asha, 'after', logs.now(), 'for all');
    const [next] = after.published.filter(({ topic }) => topic === `h:${pond}`);
    expect(ConversationHeadEvent.decode(next!.data).lastMessage?.contentPreview).toBe('for all');
  });

  it('writes as few documents for a message as a small one', async () => {
    const writesFor = async (id: string) => {
      const process = logs.process();
      await sayIn(process, id, asha, 'opens it', logs.now());
      await process.conversations.writeBehind();
      let writes = 0;
      process.flaky.fate = () => {
        writes++;
        return 'done';
      };
      await sayIn(process, id, asha, 'costs this', logs.now());
      await process.conversations.writeBehind();
      return writes;
    };
    expect(await writesFor(pond)).toBe(await writesFor(await makeGroup(here, logs.now(), [asha, ravi])));
  });

  it('knows everyone again when it has shrunk', async () => {
    const small = await makeGroup(here, logs.now(), [asha, ravi]);
    await addMany(small, people.slice(0, 256));
    const fresh = logs.process();
    expect((await fresh.conversations.viewOf(small))?.state.membersComplete).toBe(false);
    await change(small, { do: 'remove', userKey: people[0]! }, fresh);
    await change(small, { do: 'remove', userKey: people[1]! }, fresh);
    const { state } = (await fresh.conversations.viewOf(small))!;
    expect(state).toMatchObject({ memberCount: 256, membersComplete: true });
    expect(state.members.size).toBe(256);
  });
});

describe('unread', () => {
  it('counts user messages above the greatest of read, own, joining and clearing; never below 0', () => {
    const row = { joined_number: 4 } as MemberRow;
    expect(unreadOf(row, 10)).toBe(6);
    expect(unreadOf({ ...row, read_number: 7 }, 10)).toBe(3);
    expect(unreadOf({ ...row, read_number: 7, own_number: 9 }, 10)).toBe(1);
    expect(unreadOf({ ...row, read_number: 7, cleared_number: 10 }, 10)).toBe(0);
    expect(unreadOf({ ...row, read_number: 12 }, 10)).toBe(0);
  });
});
