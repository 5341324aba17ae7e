import { describe, expect, it } from 'vitest';
import { AddOutcome, ConversationType, MemberRole } from '../../gen/circuit/chat/v1/conversation.ts';
import { MessageStatus } from '../../gen/circuit/chat/v1/message.ts';
import { smallMembersMax } from './conversation-log/state.ts';
import { needed } from './testing/person.ts';
import { refusal } from './testing/refusal.ts';
import { talk } from './testing/talk.ts';

/** A channel of Asha's above 256 members, with Ravi among them. */
async function largeChannel() {
  const opened = await talk();
  const { asha, ravi, fish, accountKey } = opened;
  const crowd = Array.from({ length: smallMembersMax + 44 }, (_, at) => `14${accountKey.slice(-6)}${1_000 + at}`);
  const { conversation } = await asha.call('createConversation', {
    type: ConversationType.CONVERSATION_TYPE_CHANNEL,
    info: { name: 'News' },
    participantKeys: [ravi.key],
  });
  const conversationId = needed(conversation).conversationId;
  const outcomes: AddOutcome[] = [];
  for (let from = 0; from < crowd.length; from += 100) {
    const userKeys = crowd.slice(from, from + 100);
    const users = userKeys.map((userKey) => ({ userKey, displayName: `Member ${userKey}` }));
    await fish('putUsers', { accountKey, users });
    const { members } = await asha.call('addMembers', { conversationId, userKeys });
    outcomes.push(...members.map((member) => member.outcome));
  }
  return { ...opened, conversationId, crowd, outcomes };
}

describe('a conversation above 256 members', () => {
  it('is spoken in, read, counted and led as any other', async () => {
    const { asha, ravi, conversationId, crowd, outcomes, person } = await largeChannel();
    expect(outcomes.every((outcome) => outcome === AddOutcome.ADD_OUTCOME_ADDED)).toBe(true);
    const sent = await asha.send(conversationId, 'Rain tomorrow', { mentions: [crowd[7] ?? '', ravi.key] });
    expect(sent.mentions).toEqual([crowd[7], ravi.key]);
    const stranger = await person('Meena');
    await expect(asha.send(conversationId, 'x', { mentions: [stranger.key] })).rejects.toEqual(
      refusal('CONTENT_MISMATCH'),
    );
    await expect(stranger.texts(conversationId)).rejects.toEqual(refusal('NOT_A_MEMBER'));
    await expect(ravi.send(conversationId, 'x')).rejects.toEqual(refusal('ONLY_ADMINS_CAN_SEND'));

    expect(await ravi.texts(conversationId)).toEqual(['Rain tomorrow']);
    expect(await ravi.get(conversationId)).toMatchObject({ memberCount: crowd.length + 2, lastNumber: 1 });
    expect((await ravi.get(conversationId)).membership?.unreadCount).toBe(1);
    await ravi.read(conversationId);
    expect((await ravi.get(conversationId)).membership?.unreadCount).toBe(0);
    await ravi.react(sent, '👍');
    expect((await asha.call('getMessage', sent)).message).toMatchObject({
      status: MessageStatus.MESSAGE_STATUS_SENT,
      reactions: [{ emoji: '👍', userKeys: [ravi.key], count: 1 }],
    });
    expect(await asha.call('listReceipts', sent)).toEqual({ receipts: [], nextPageToken: '' });

    const again = await asha.call('addMembers', { conversationId, userKeys: [crowd[250] ?? ''] });
    expect(again.members[0]?.outcome).toBe(AddOutcome.ADD_OUTCOME_ALREADY);
    await asha.call('changeRole', { conversationId, userKey: ravi.key, role: MemberRole.MEMBER_ROLE_ADMIN });
    expect((await ravi.send(conversationId, 'Dry again')).number).toBe(2);
    await ravi.call('startTyping', { conversationId });
    await asha.call('removeMember', { conversationId, userKey: crowd[0] ?? '' });
    await asha.call('leaveConversation', { conversationId });
    expect((await ravi.get(conversationId)).membership?.role).toBe(MemberRole.MEMBER_ROLE_OWNER);
  }, 60_000);

  it('names all its members in pages', async () => {
    const { ravi, conversationId, crowd } = await largeChannel();
    const seen: string[] = [];
    let pageToken = '';
    do {
      const page = await ravi.call('listMembers', { conversationId, pageSize: 100, pageToken });
      seen.push(...page.members.map((member) => member.userKey));
      pageToken = page.nextPageToken;
    } while (pageToken !== '');
    expect(seen).toHaveLength(crowd.length + 2);
    expect(new Set(seen).size).toBe(seen.length);
  }, 60_000);
});
