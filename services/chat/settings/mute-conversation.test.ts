import { describe, expect, it } from 'vitest';
import { refusal } from '../testing/refusal.ts';
import { talk } from '../testing/talk.ts';

describe('conversation.mute', () => {
  it('lasts until its time, and the other devices hear of it', async () => {
    const { ravi, asha, pond, chat } = await talk();
    const mutedUntil = new Date(chat.now() + 60_000);
    const { membership } = await ravi.call('muteConversation', { conversationId: pond, muted: true, mutedUntil });
    expect(membership).toMatchObject({ muted: true, mutedUntil });
    expect(await ravi.next('membership.updated')).toMatchObject({
      changes: [{ conversation_id: pond, membership: { muted: true, muted_until: mutedUntil.toISOString() } }],
    });
    expect([...(await ravi.get(pond)).mutedBy]).toEqual([[ravi.key, mutedUntil]]);
    expect((await asha.get(pond)).mutedBy.size).toBe(0);
    chat.move(60_001);
    expect((await ravi.get(pond)).membership).toMatchObject({ muted: false, mutedUntil: undefined });
  });

  it('without a time is for ever, and ends when asked', async () => {
    const { ravi, pond } = await talk();
    await ravi.call('muteConversation', { conversationId: pond, muted: true });
    expect((await ravi.get(pond)).mutedBy.get(ravi.key)?.getUTCFullYear()).toBe(9999);
    const { membership } = await ravi.call('muteConversation', { conversationId: pond, muted: false });
    expect(membership?.muted).toBe(false);
  });

  it('does not begin in the past', async () => {
    const { ravi, pond, chat } = await talk();
    const mutedUntil = new Date(chat.now() - 1);
    await expect(ravi.call('muteConversation', { conversationId: pond, muted: true, mutedUntil })).rejects.toEqual(
      refusal('INVALID_REQUEST'),
    );
  });
});
