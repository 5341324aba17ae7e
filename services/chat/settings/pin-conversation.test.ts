import { describe, expect, it } from 'vitest';
import { refusal } from '../testing/refusal.ts';
import { talk } from '../testing/talk.ts';

describe('conversation.pin', () => {
  it("is the caller's own, on all their devices", async () => {
    const { asha, ravi, pond } = await talk();
    const { membership } = await ravi.call('pinConversation', { conversationId: pond, pinned: true });
    expect(membership?.pinned).toBe(true);
    expect(await ravi.next('membership.updated')).toMatchObject({ changes: [{ membership: { pinned: true } }] });
    expect((await asha.get(pond)).membership?.pinned).toBe(false);
    await ravi.call('pinConversation', { conversationId: pond, pinned: false });
    expect((await ravi.get(pond)).pinnedBy).toEqual([]);
  });

  it('is for members', async () => {
    const { pond, person } = await talk();
    const call = (await person('Meena')).call('pinConversation', { conversationId: pond, pinned: true });
    await expect(call).rejects.toEqual(refusal('NOT_A_MEMBER'));
  });

  it('tells of no unread message where the caller spoke last, a moment ago', async () => {
    const { asha, ravi, pond } = await talk();
    await asha.send(pond, 'DO is 2.1');
    await ravi.send(pond, 'Aerator is on');
    const { membership } = await ravi.call('pinConversation', { conversationId: pond, pinned: true });
    expect(membership?.unreadCount).toBe(0);
    expect(await ravi.next('membership.updated')).toMatchObject({ changes: [{ membership: { unread_count: 0 } }] });
    const same = await ravi.call('pinConversation', { conversationId: pond, pinned: true });
    expect(same.membership?.unreadCount).toBe(0);
  });
});
