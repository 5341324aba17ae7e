import { describe, expect, it } from 'vitest';
import { MemberRole } from '../../../gen/circuit/chat/v1/conversation.ts';
import { refusal } from '../testing/refusal.ts';
import { talk } from '../testing/talk.ts';

describe('conversation.get', () => {
  it('tells who leads a group, and of a direct one nothing of the kind', async () => {
    const { asha, ravi, pond, direct, person } = await talk();
    const meena = await person('Meena');
    await asha.call('addMembers', { conversationId: pond, userKeys: [meena.key] });
    await asha.call('changeRole', { conversationId: pond, userKey: ravi.key, role: MemberRole.MEMBER_ROLE_ADMIN });
    expect((await meena.get(pond)).members).toEqual({ count: 3, admins: [ravi.key], ownerKey: asha.key });
    await meena.call('leaveConversation', { conversationId: pond });
    expect((await meena.get(pond)).members).toBeUndefined();
    expect((await asha.get(await direct(asha, ravi))).members).toBeUndefined();
  });

  it("shows the newest message, unread counts and nobody else's own entries", async () => {
    const { asha, ravi, pond } = await talk();
    const sent = await asha.send(pond, 'DO is 2.1');
    await asha.call('pinConversation', { conversationId: pond, pinned: true });
    await asha.call('saveDraft', { conversationId: pond, content: 'secret' });

    const seen = await ravi.get(pond);
    expect(seen).toMatchObject({
      lastSeq: sent.seq,
      lastNumber: 1,
      pinnedBy: [],
      lastMessage: { messageId: sent.messageId, contentPreview: 'DO is 2.1', senderName: 'Asha', seq: sent.seq },
    });
    expect([...seen.unreadCounts]).toEqual([[ravi.key, 1]]);
    expect(seen.draft.size).toBe(0);
    const own = await asha.get(pond);
    expect([...own.unreadCounts]).toEqual([[asha.key, 0]]);
    expect(own.pinnedBy).toEqual([asha.key]);
    expect(own.draft.get(asha.key)?.content).toBe('secret');
  });

  it('lists who types now, for 5 s', async () => {
    const { asha, ravi, pond, chat } = await talk();
    await ravi.call('startTyping', { conversationId: pond });
    expect([...(await asha.get(pond)).typing.keys()]).toEqual([ravi.key]);
    chat.move(5_001);
    expect((await asha.get(pond)).typing.size).toBe(0);
  });

  it('is for members, and shows who left what it was', async () => {
    const { asha, ravi, pond, person, stranger } = await talk();
    await expect((await person('Meena')).get(pond)).rejects.toEqual(refusal('NOT_A_MEMBER'));
    await expect((await stranger()).get(pond)).rejects.toEqual(refusal('CONVERSATION_NOT_FOUND'));
    await expect(asha.get('999999999999')).rejects.toEqual(refusal('CONVERSATION_NOT_FOUND'));
    await asha.send(pond, 'before');
    await ravi.call('leaveConversation', { conversationId: pond });
    await asha.send(pond, 'after');
    const seen = await ravi.get(pond);
    expect(seen).toMatchObject({ participants: [], memberCount: 0, lastSeq: 3, membership: { unreadCount: 0 } });
    expect(seen.lastMessage?.contentPreview ?? '').not.toBe('after');
  });
});
