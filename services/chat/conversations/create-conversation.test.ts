import { describe, expect, it } from 'vitest';
import { ConversationMedium, ConversationType, MemberRole } from '../../../gen/circuit/chat/v1/conversation.ts';
import { conversationsOfUserMax } from '../members/room.ts';
import { needed } from '../testing/person.ts';
import { refusal } from '../testing/refusal.ts';
import { talk } from '../testing/talk.ts';

const direct = ConversationType.CONVERSATION_TYPE_DIRECT;
const group = ConversationType.CONVERSATION_TYPE_GROUP;
const channel = ConversationType.CONVERSATION_TYPE_CHANNEL;
const self = ConversationType.CONVERSATION_TYPE_SELF;

describe('conversation.create', () => {
  it('makes one direct conversation of two users, however often and from whichever side', async () => {
    const { asha, ravi } = await talk();
    const calls = Array.from({ length: 6 }, (_, at) => {
      const [one, other] = at % 2 === 0 ? [asha, ravi] : [ravi, asha];
      return one.call('createConversation', { type: direct, participantKeys: [other.key] });
    });
    const ids = (await Promise.all(calls)).map((answer) => answer.conversation?.conversationId);
    expect(new Set(ids).size).toBe(1);
    const { conversation } = await asha.call('createConversation', { type: direct, participantKeys: [ravi.key] });
    expect(conversation).toMatchObject({ conversationId: ids[0], memberCount: 2, groupId: '', lastSeq: 1 });
  });

  it('finds the direct one that there is, though its people are in as many conversations as one may be', async () => {
    const { asha, ravi, chat, accountKey, direct: directOf, person } = await talk();
    const found = await directOf(asha, ravi);
    const meena = await person('Meena');
    const rows = Array.from({ length: conversationsOfUserMax }, (_, at) => ({
      _id: `${asha.key}:x${at}`,
      user_key: asha.key,
      conversation_id: `x${at}`,
      account_key: accountKey,
      active: true,
    }));
    await chat.store.db.collection<{ _id: string }>('members').insertMany(rows);
    expect(await directOf(ravi, asha)).toBe(found);
    expect(await directOf(asha, ravi)).toBe(found);
    await expect(directOf(asha, meena)).rejects.toEqual(refusal('TOO_MANY_CONVERSATIONS'));
  });

  it('makes a group that its creator owns, and tells every member', async () => {
    const { asha, ravi } = await talk();
    const { conversation } = await asha.call('createConversation', {
      type: group,
      info: { name: 'Pond B2', description: 'Shrimp' },
      participantKeys: [ravi.key, ravi.key],
    });
    expect(conversation).toMatchObject({
      type: group,
      groupId: conversation?.conversationId,
      info: { name: 'Pond B2', description: 'Shrimp' },
      memberCount: 2,
      createdBy: asha.key,
      isActive: true,
      membership: { role: MemberRole.MEMBER_ROLE_OWNER, unreadCount: 0 },
    });
    expect(conversation?.participants.map(({ userKey, displayName }) => [userKey, displayName])).toEqual([
      [asha.key, 'Asha'],
      [ravi.key, 'Ravi'],
    ]);
    // The group of `talk` came first.
    const event = await ravi.next('conversation.new');
    expect(event).toMatchObject({ conversation: { conversation_id: conversation?.conversationId } });
    expect(event.conversation).not.toHaveProperty('membership');
  });

  it('with the same request id is the same group, and with it for another is refused', async () => {
    const { asha } = await talk();
    const request = { requestId: 'new-group-1', type: group, info: { name: 'Pond B2' } };
    const first = await asha.call('createConversation', request);
    const again = await asha.call('createConversation', request);
    expect(again.conversation?.conversationId).toBe(first.conversation?.conversationId);
    await expect(asha.call('createConversation', { ...request, info: { name: 'Pond C3' } })).rejects.toEqual(
      refusal('REQUEST_ID_REUSED'),
    );
  });

  it('makes one self for each user, and channels where admins speak', async () => {
    const { asha, ravi } = await talk();
    const mine = await asha.call('createConversation', { type: self });
    expect((await asha.call('createConversation', { type: self })).conversation).toEqual(mine.conversation);
    const his = await ravi.call('createConversation', { type: self });
    expect(his.conversation?.conversationId).not.toBe(mine.conversation?.conversationId);
    expect((await asha.send(mine.conversation?.conversationId ?? '', 'buy feed')).number).toBe(1);
    const news = await asha.call('createConversation', { type: channel, info: { name: 'News' } });
    expect(news.conversation?.settings).toEqual({ onlyAdminsCanSend: true });
  });

  it('takes only users that the account has: those of another look like those that do not exist', async () => {
    const { asha, stranger } = await talk();
    const other = await stranger();
    for (const key of [other.key, '888888888888']) {
      await expect(asha.call('createConversation', { type: direct, participantKeys: [key] })).rejects.toEqual(
        refusal('USER_NOT_FOUND'),
      );
    }
  });

  it('refuses what does not fit its type', async () => {
    const { asha, ravi } = await talk();
    const create = (request: object) => asha.call('createConversation', request);
    await expect(create({ type: direct })).rejects.toEqual(refusal('INVALID_REQUEST'));
    await expect(create({ type: direct, participantKeys: [asha.key] })).rejects.toEqual(refusal('INVALID_REQUEST'));
    await expect(create({ type: self, participantKeys: [ravi.key] })).rejects.toEqual(refusal('INVALID_REQUEST'));
    await expect(create({ type: group, participantKeys: [ravi.key] })).rejects.toEqual(refusal('INVALID_REQUEST'));
    const broadcast = { type: ConversationType.CONVERSATION_TYPE_BROADCAST, info: { name: 'x' } };
    await expect(create(broadcast)).rejects.toEqual(refusal('WRONG_CONVERSATION_TYPE'));
  });

  it('without a type is a group', async () => {
    const { asha, ravi } = await talk();
    const { conversation } = await asha.call('createConversation', {
      info: { name: 'Pond B2' },
      participantKeys: [ravi.key],
    });
    expect(conversation).toMatchObject({ type: group, groupId: conversation?.conversationId });
  });

  it('is the same again in whatever order its references come', async () => {
    const { fish, asha, accountKey } = await talk();
    const pairs = [
      ['shipment_id', '42'],
      ['bid_id', '15'],
    ] as const;
    const make = (references: ReadonlyMap<string, string>) =>
      fish('createConversation', {
        requestId: 'about shipment 42',
        type: group,
        accountKey,
        info: { name: 'Shipment 42' },
        participantKeys: [asha.key],
        context: { type: 'shipment', references: new Map(references) },
      });
    const first = await make(new Map(pairs));
    const again = await make(new Map(pairs.toReversed()));
    expect(again.conversation?.conversationId).toBe(first.conversation?.conversationId);
  });

  it('keeps what it is held over and about, for every member and for good', async () => {
    const { asha, ravi, fish } = await talk();
    const about = {
      medium: ConversationMedium.CONVERSATION_MEDIUM_EMAIL,
      context: { type: 'shipment', id: '42', references: new Map([['bid_id', '15']]) },
    };
    const request = { type: direct, participantKeys: [ravi.key] };
    const { conversation } = await asha.call('createConversation', { ...request, ...about });
    expect(conversation).toMatchObject(about);
    const id = needed(conversation).conversationId;
    expect(await ravi.get(id)).toMatchObject(about);
    await asha.send(id, 'Where is it?');
    const listed = (await ravi.call('listConversations')).conversations.find((each) => each.conversationId === id);
    expect(listed).toMatchObject(about);
    // One that is found keeps its own.
    const found = await ravi.call('createConversation', { type: direct, participantKeys: [asha.key] });
    expect(found.conversation).toMatchObject({ conversationId: id, ...about });

    const group = await fish('createConversation', {
      requestId: 'support-12',
      info: { name: 'Support' },
      participantKeys: [asha.key],
      context: { type: 'support' },
    });
    const support = { medium: ConversationMedium.CONVERSATION_MEDIUM_CHAT, context: { type: 'support', id: '' } };
    expect(group.conversation).toMatchObject(support);
    const other = { requestId: 'support-12', info: { name: 'Support' }, participantKeys: [asha.key] };
    await expect(fish('createConversation', other)).rejects.toEqual(refusal('REQUEST_ID_REUSED'));
  });

  it('by a domain server is for users of its account, the first of whom owns it', async () => {
    const { fish, asha, ravi, accountKey } = await talk();
    const request = { type: group, info: { name: 'Harvest' }, participantKeys: [ravi.key, asha.key] };
    const { conversation } = await fish('createConversation', { ...request, accountKey });
    expect(conversation).toMatchObject({ createdBy: 'domain_server:fish', memberCount: 2, membership: undefined });
    expect((await ravi.get(conversation?.conversationId ?? '')).membership?.role).toBe(MemberRole.MEMBER_ROLE_OWNER);
    await expect(fish('createConversation', { ...request, accountKey: '999999999999' })).rejects.toEqual(
      refusal('ACCOUNT_NOT_ALLOWED'),
    );
  });
});
