import { describe, expect, it } from 'vitest';
import { ChatServiceService } from '../../gen/circuit/chat/v1/chat_service.ts';
import { ConversationType, MemberRole } from '../../gen/circuit/chat/v1/conversation.ts';
import { DeletedFor, type Message, SenderKind } from '../../gen/circuit/chat/v1/message.ts';
import { loadApiFile } from '../../mesh/schema/load-api.ts';
import type { Device } from './testing/device.ts';
import { type Call, callsOf, needed, type RequestOf, type ResponseOf, textOf } from './testing/person.ts';
import { published } from './testing/published.ts';
import { talk } from './testing/talk.ts';

const api = loadApiFile();
const documents = published(api);

/** The calls of one person, each answer held against its own descriptor and the published document. */
function watched(call: Call, met: Set<string>): Call {
  return async (rpc, request) => {
    const answer = await call(rpc, request);
    const { path, responseSerialize } = ChatServiceService[rpc];
    const bytes = (responseSerialize as (value: ResponseOf<typeof rpc>) => Uint8Array)(answer);
    const { response, http } = needed(api.methods.get(path.slice(1)));
    const json: unknown = JSON.parse(response.decodeJson(bytes));
    const missing = response.validate(bytes).filter(({ description }) => description === 'is required');
    const wrong = [...missing, ...documents.answer(needed(http[0]), json)];
    expect({ rpc, wrong }).toEqual({ rpc, wrong: [] });
    met.add(rpc);
    return answer;
  };
}

/** The names of the events that a device got, each held against its own descriptor and the published document. */
function eventsOf({ received }: Device): readonly string[] {
  for (const each of received) {
    const { event, data } = each;
    const { message } = needed(api.pushes.get(event));
    const missing = message
      .validate(message.encodeJson(data))
      .filter(({ description }) => description === 'is required');
    const wrong = [...missing, ...documents.event(each)];
    expect({ event, wrong }).toEqual({ event, wrong: [] });
  }
  return received.map(({ event }) => event);
}

/** What is asked of a message that is there. */
async function askAbout(sender: Call, { messageId, conversationId }: Message): Promise<void> {
  const target = { messageId, conversationId };
  await sender('getMessage', target);
  await sender('listEdits', target);
  await sender('listReactions', target);
  await sender('listReceipts', target);
}

/** Where a message shows, before it is deleted and after: a tombstone is whole, too. */
async function lookAround(sender: Call, conversationId: string): Promise<void> {
  await sender('listMessages', { conversationId });
  await sender('getConversation', { conversationId });
  await sender('listConversations');
  const positions = [`c:${conversationId}`, 'c:999999999999'].map((topic) => ({ topic, seq: 0 }));
  await sender('sync', { positions } satisfies Partial<RequestOf<'sync'>>);
}

describe('what the API always answers', () => {
  it('is there in every answer and every event of a tour through all its calls', async () => {
    const met = new Set<string>();
    const opened = await talk();
    const { asha: her, ravi: him, fish: farm, pond, accountKey } = opened;
    const asha = watched(her.call, met);
    const ravi = watched(him.call, met);
    const fish = watched(farm, met);
    const meena = await opened.person('Meena');

    await fish('putUsers', { accountKey, users: [{ userKey: '811111111111', displayName: 'Kiran' }] });
    const group = await asha('createConversation', {
      type: ConversationType.CONVERSATION_TYPE_CHANNEL,
      info: { name: 'News' },
      participantKeys: [him.key],
    });
    const conversationId = needed(group.conversation).conversationId;
    await asha('addMembers', { conversationId: pond, userKeys: [meena.key, '811111111111'] });
    await fish('addMembers', { conversationId, userKeys: [meena.key] });
    await fish('changeRole', { conversationId: pond, userKey: him.key, role: MemberRole.MEMBER_ROLE_ADMIN });

    await ravi('startTyping', { conversationId: pond });
    await ravi('stopTyping', { conversationId: pond });
    const told = needed((await asha('sendMessage', { conversationId: pond, content: textOf('DO is 3.1') })).message);
    const target = { messageId: told.messageId, conversationId: pond };
    await asha('forwardMessage', { conversationId, messageId: told.messageId, fromConversationId: pond });
    await fish('sendMessage', {
      conversationId: pond,
      content: textOf('Run the aerator'),
      sender: { kind: SenderKind.SENDER_KIND_AGENT, externalId: 'agent-7' },
      aiMetadata: { model: 'small-1' },
      origin: { source: 'web' },
    });
    await fish('postSystemMessage', { conversationId: pond, system: { kind: 'fed', parameters: new Map() } });
    await ravi('sendMessage', { conversationId: pond, content: textOf('so low?'), replyToMessageId: told.messageId });
    await asha('editMessage', { ...target, content: textOf('DO is 2.1') });
    await ravi('react', { ...target, emoji: '🐟' });
    await ravi('unreact', { ...target, emoji: '🐟' });
    await ravi('react', { ...target, emoji: '👍' });
    await ravi('markDelivered', { positions: [{ conversationId: pond, seq: told.seq }] });
    await ravi('markRead', { conversationId: pond });

    await ravi('muteConversation', { conversationId: pond, muted: true });
    await ravi('pinConversation', { conversationId: pond, pinned: true });
    await ravi('archiveConversation', { conversationId: pond, archived: true });
    await ravi('saveDraft', { conversationId: pond, content: 'and now' });
    await ravi('listMembers', { conversationId: pond });
    await askAbout(asha, told);
    await lookAround(asha, pond);
    await asha('deleteMessage', target);
    await lookAround(asha, pond);
    await ravi('deleteMessage', { ...target, deletedFor: DeletedFor.DELETED_FOR_SELF });
    await fish('removeMember', { conversationId: pond, userKey: '811111111111' });
    await asha('leaveConversation', { conversationId: pond });
    await ravi('deleteConversation', { conversationId });
    await ravi('sync', { positions: [{ topic: `u:${him.key}`, seq: 0 }] });
    await him.next('conversation.removed');

    expect([...met].sort()).toEqual(Object.keys(ChatServiceService).sort());
    const events = [her, him, meena].flatMap(({ device }) => eventsOf(device));
    // The head of a large conversation is the one event that a small one does not bring.
    const all = [...api.pushes.values()].filter(({ message }) => message.name.startsWith('circuit.chat.'));
    const expected = all.map(({ event }) => event).filter((event) => event !== 'conversation.head');
    expect([...new Set(events)].sort()).toEqual(expected.sort());
  });

  it('may be longer than a request may be where nothing names a bound', { timeout: 30_000 }, async () => {
    const opened = await talk();
    const { asha: her, ravi: him, fish: farm, pond, accountKey } = opened;
    const many = 120;
    const asha = watched(her.call, new Set());
    const fish = watched(farm, new Set());

    const picture = `https://example.org/${'p'.repeat(2_000)}`;
    const token = { userKey: him.key, accountKey, displayName: 'R'.repeat(100), avatarUrl: picture };
    const ravi = watched(callsOf(opened.chat.host.asUser(token)), new Set());
    const keys = Array.from({ length: many }, (_, n) => `8${String(n).padStart(11, '0')}`);
    for (const some of [keys.slice(0, 60), keys.slice(60)]) {
      const users = some.map((userKey) => ({ userKey, displayName: 'Kiran', avatarUrl: picture.slice(0, 1_000) }));
      await fish('putUsers', { accountKey, users });
      await fish('addMembers', { conversationId: pond, userKeys: some });
    }
    const words = 'w'.repeat(4_096);
    const told = needed((await ravi('sendMessage', { conversationId: pond, content: textOf(words) })).message);
    await ravi('editMessage', {
      messageId: told.messageId,
      conversationId: pond,
      content: textOf(`${words.slice(1)}.`),
    });
    await askAbout(ravi, told);
    await asha('forwardMessage', { conversationId: pond, messageId: told.messageId, fromConversationId: pond });
    for (let n = 0; n < many; n++) await ravi('sendMessage', { conversationId: pond, content: textOf(`${n}`) });
    await lookAround(asha, pond);
    const positions = Array.from({ length: many }, (_, n) => ({ topic: `c:${String(n).padStart(12, '0')}`, seq: 0 }));
    const synced = await asha('sync', { positions });
    expect(synced.topics).toHaveLength(many);
    const asked = { messageId: told.messageId, conversationId: pond, pageSize: 100 };
    const { receipts, nextPageToken } = await ravi('listReceipts', asked);
    const rest = await ravi('listReceipts', { ...asked, pageToken: nextPageToken });
    expect(receipts.length + rest.receipts.length).toBeGreaterThan(many);
    eventsOf(her.device);
  });
});
