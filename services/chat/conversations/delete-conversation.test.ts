import { describe, expect, it } from 'vitest';
import { refusal } from '../testing/refusal.ts';
import { talk } from '../testing/talk.ts';

describe('conversation.delete', () => {
  it('of a direct one hides and clears it for the caller until a new message', async () => {
    const { asha, ravi, direct } = await talk();
    const id = await direct(asha, ravi);
    await asha.send(id, 'old');
    await ravi.call('deleteConversation', { conversationId: id });
    const listed = async () => (await ravi.call('listConversations')).conversations.map((each) => each.conversationId);

    expect(await listed()).not.toContain(id);
    expect(await ravi.texts(id)).toEqual([]);
    expect(await asha.texts(id)).toEqual(['old']);
    await asha.send(id, 'new');
    expect(await listed()).toContain(id);
    expect(await ravi.texts(id)).toEqual(['new']);
    expect((await ravi.get(id)).membership?.unreadCount).toBe(1);
  });

  it('of a direct one is told to the other devices, and hides nothing more when it is repeated', async () => {
    const { asha, ravi, direct, person } = await talk();
    const conversationId = await direct(asha, ravi);
    const { seq } = await asha.send(conversationId, 'old');
    const request = { conversationId, requestId: 'delete-once' };
    await ravi.call('deleteConversation', request);
    expect(await ravi.next('conversation.removed')).toMatchObject({
      conversation_id: conversationId,
      hidden: true,
      seq,
    });
    await asha.send(conversationId, 'new');
    await ravi.call('deleteConversation', request);
    expect(await ravi.texts(conversationId)).toEqual(['new']);
    const other = await direct(ravi, await person('Meena'));
    await expect(ravi.call('deleteConversation', { ...request, conversationId: other })).rejects.toEqual(
      refusal('REQUEST_ID_REUSED'),
    );
  });

  it('of a group leaves it, and a repeat is the same', async () => {
    const { asha, ravi, pond } = await talk();
    await ravi.call('deleteConversation', { conversationId: pond, requestId: 'leave-pond-1' });
    await ravi.call('deleteConversation', { conversationId: pond, requestId: 'leave-pond-1' });
    expect((await asha.get(pond)).memberCount).toBe(1);
    await expect(ravi.send(pond, 'hi')).rejects.toEqual(refusal('NOT_A_MEMBER'));
  });
});
