import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MessageNewEvent } from '../../../gen/circuit/chat/v1/events.ts';
import type { ConversationDocument } from '../documents/conversation-document.ts';
import type { Entry, MessageDocument } from '../documents/entry.ts';
import type { MemberRow } from '../documents/member-row.ts';
import { deferred } from '../log/deferred.ts';
import { type Action, performAnew } from '../log/testing/actions.ts';
import {
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

beforeAll(async () => {
  logs = await openTestLogs();
  here = logs.process();
});
afterAll(() => logs.close());

const entries = () => logs.db.collection<Entry>('messages');
const messageOf = async (id: string) => (await entries().findOne({ _id: id })) as MessageDocument;
const act = (pond: string, by: string, action: Action, process = here) =>
  performAnew(process, pond, by, action, logs.now());

/** As if `last_seq` had never risen: the next to open the log applies all of it again. */
async function forgetApplied(pond: string): Promise<void> {
  await here.conversations.writeBehind();
  await logs.db
    .collection<ConversationDocument>('conversations')
    .updateOne({ _id: pond }, { $set: { last_seq: 0, last_number: 0, member_count: 0 } });
}

describe('documents follow the log', () => {
  it('and take nothing that is older than what they have, however often it is applied', async () => {
    const pond = await makeGroup(here, logs.now(), [asha, ravi]);
    const messageId = (await sayIn(here, pond, asha, 'first', logs.now())).entry!._id;
    await act(pond, asha, { do: 'edit', messageId, text: 'second' });
    await act(pond, ravi, { do: 'react', messageId, emoji: '👍', removed: false });
    await act(pond, asha, { do: 'react', messageId, emoji: '👍', removed: false });
    await act(pond, ravi, { do: 'react', messageId, emoji: '👍', removed: true });
    await act(pond, asha, { do: 'edit', messageId, text: 'third' });
    await act(pond, asha, { do: 'add', userKey: meena });
    await act(pond, asha, { do: 'remove', userKey: meena });
    await act(pond, asha, { do: 'remove', userKey: ravi });
    await act(pond, asha, { do: 'add', userKey: ravi });
    const rows = () => logs.db.collection<MemberRow>('members').find({ conversation_id: pond, active: true }).toArray();
    await here.conversations.writeBehind();
    const before = { message: await messageOf(messageId), rows: await rows() };
    expect(before.rows).toHaveLength(2);
    await forgetApplied(pond);
    const again = logs.process();
    expect((await again.conversations.viewOf(pond))?.state).toMatchObject({ seq: 11, memberCount: 2, number: 1 });
    expect({ message: await messageOf(messageId), rows: await rows() }).toEqual(before);
    await again.conversations.writeBehind();
    const told = await logs.db.collection('user_entries').find({ user_key: meena }).sort({ seq: 1 }).toArray();
    const ofPond = told.filter(({ conversation_id }) => conversation_id === pond).map(({ kind }) => kind);
    expect(ofPond).toEqual(['added', 'removed']);
  });

  it('and take nothing late that others have gone beyond', async () => {
    const [slow, quick] = [logs.process(), logs.process()];
    const pond = await makeGroup(slow, logs.now(), [asha, ravi]);
    await slow.conversations.writeBehind();
    const gate = deferred<void>();
    const reached = deferred<void>();
    slow.flaky.fate = async (collection) => {
      if (collection === 'members') {
        reached.resolve();
        await gate.promise;
      }
      return 'done' as const;
    };
    const adding = act(pond, asha, { do: 'add', userKey: meena }, slow);
    await reached.promise;
    await act(pond, asha, { do: 'remove', userKey: meena }, quick);
    gate.resolve();
    await adding;
    const row = await logs.db.collection<MemberRow>('members').findOne({ user_key: meena, conversation_id: pond });
    expect(row).toMatchObject({ active: false, changed: 3 });
  });

  it('a deletion takes the words out of everything before it, and tells which numbers that were', async () => {
    const pond = await makeGroup(here, logs.now(), [asha, ravi]);
    const messageId = (await sayIn(here, pond, asha, 'told once', logs.now(), 'a secret')).entry!._id;
    await act(pond, asha, { do: 'edit', messageId, text: 'still a secret' });
    await sayIn(here, pond, ravi, 'between', logs.now());
    await act(pond, asha, { do: 'edit', messageId, text: 'a worse secret' });
    await act(pond, asha, { do: 'delete', messageId });
    const stored = await entries().find({ conversation_id: pond }).toArray();
    expect(JSON.stringify(stored)).not.toContain('secret');
    const event = here.published.findLast(({ topic, event }) => topic === `c:${pond}` && event === 'message.deleted');
    expect([...event!.blanked].sort()).toEqual([2, 3, 5]);
    const page = await logs.process().topics.entries(`c:${pond}`, 0, 100, AbortSignal.timeout(10_000));
    expect(Buffer.concat(page.events.map(({ data }) => data)).toString('utf8')).not.toContain('secret');
    expect([...page.events.at(-1)!.blanked].sort()).toEqual([2, 3, 5]);
    await here.conversations.writeBehind();
    const head = await logs.db.collection<ConversationDocument>('conversations').findOne({ _id: pond });
    expect(head?.last_message).toMatchObject({ content_preview: 'between' });
  });

  it('a deletion takes out how a message was made and where else it stands', async () => {
    const pond = await makeGroup(here, logs.now(), [asha, ravi]);
    const messageId = (await sayIn(here, pond, asha, 'made', logs.now())).entry!._id;
    const told = { ai_metadata: { model: 'small-1' }, origin: { platform: 'telegram' } };
    await logs.db.collection<{ _id: string }>('messages').updateOne({ _id: messageId }, { $set: told });
    expect(await messageOf(messageId)).toMatchObject(told);
    await act(pond, asha, { do: 'delete', messageId });
    const deleted = await messageOf(messageId);
    expect(deleted.deleted).toBeDefined();
    for (const field of Object.keys(told)) expect(deleted).not.toHaveProperty(field);
  });

  it('the preview of the newest message follows its edit and goes blank with it', async () => {
    const pond = await makeGroup(here, logs.now(), [asha, ravi]);
    const messageId = (await sayIn(here, pond, asha, 'as first said', logs.now())).entry!._id;
    const preview = async () => {
      await here.conversations.writeBehind();
      return (await logs.db.collection<ConversationDocument>('conversations').findOne({ _id: pond }))?.last_message
        ?.content_preview;
    };
    expect(await preview()).toBe('as first said');
    await act(pond, asha, { do: 'edit', messageId, text: 'as said later' });
    expect(await preview()).toBe('as said later');
    await act(pond, asha, { do: 'delete', messageId }, logs.process());
    await here.conversations.viewOf(pond);
    expect(await preview()).toBe('');
  });

  it('an emoji names the first twenty who chose it and counts the others', async () => {
    const people = Array.from({ length: 25 }, (_, at) => String(200000000000 + at));
    const pond = await makeGroup(here, logs.now(), people);
    const messageId = (await sayIn(here, pond, people[0]!, 'like this', logs.now())).entry!._id;
    const react = (by: string, removed: boolean) => act(pond, by, { do: 'react', messageId, emoji: '👍', removed });
    await Promise.all(people.map((by) => react(by, false)));
    const first = (await messageOf(messageId)).reactions![0]!;
    expect([first.count, new Set(first.user_keys).size]).toEqual([25, 20]);
    await react(first.user_keys[0]!, true);
    const then = (await messageOf(messageId)).reactions![0]!;
    expect([then.count, new Set(then.user_keys).size]).toEqual([24, 20]);
    expect(then.user_keys).not.toContain(first.user_keys[0]);
  });

  it('a quote shows the words of today, in history and in events', async () => {
    const pond = await makeGroup(here, logs.now(), [asha, ravi]);
    const target = (await sayIn(here, pond, asha, 'the pond is green', logs.now())).entry as MessageDocument;
    const call = callBy(user(ravi), logs.now());
    const conversation = await here.conversations.open(call, pond);
    const reply = await conversation.append(call, {
      senderKey: `user:${ravi}`,
      requestId: 'an answer',
      about: '',
      decide: () => ({
        kind: 'message',
        content: { type: 'text', text: 'which one?' },
        sender: { kind: 'user', user_key: ravi },
        reply_to: { message_id: target._id, sender_key: asha, content_preview: 'the pond is green' },
        metadata: { client_message_id: 'an answer' },
      }),
    });
    const quoted = async () => {
      const view = await here.conversations.viewOf(pond);
      const { entries: page } = await view!.history({ limit: 1 });
      const events = await here.topics.entries(`c:${pond}`, reply.entry!.seq - 1, 1, AbortSignal.timeout(10_000));
      const { message } = MessageNewEvent.decode(events.events[0]!.data);
      return [(page[0] as MessageDocument).reply_to?.content_preview, message?.replyTo?.contentPreview];
    };
    expect(await quoted()).toEqual(['the pond is green', 'the pond is green']);
    await act(pond, asha, { do: 'edit', messageId: target._id, text: 'the pond is brown' });
    // The page of one is the reply still: edits are not shown.
    expect(await quoted()).toEqual(['the pond is brown', 'the pond is brown']);
    await act(pond, asha, { do: 'delete', messageId: target._id });
    expect(await quoted()).toEqual(['', '']);
  });
});
