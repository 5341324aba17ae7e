import { describe, expect, it } from 'vitest';
import { talk } from '../testing/talk.ts';

describe('conversation.draft', () => {
  it("is kept for the caller's other devices, the last words of many", async () => {
    const { asha, ravi, pond } = await talk();
    const words = ['D', 'DO', 'DO is', 'DO is 2'];
    await Promise.all(words.map((content) => ravi.call('saveDraft', { conversationId: pond, content })));
    expect((await ravi.get(pond)).draft.get(ravi.key)?.content).toBe('DO is 2');
    expect((await asha.get(pond)).draft.size).toBe(0);
    const stored = ravi.device.received.filter((each) => each.event === 'membership.updated');
    expect(stored.length).toBeLessThan(words.length);
  });

  it('goes when it is empty', async () => {
    const { ravi, pond } = await talk();
    await ravi.call('saveDraft', { conversationId: pond, content: 'DO' });
    const { membership } = await ravi.call('saveDraft', { conversationId: pond, content: '' });
    expect(membership?.draft).toBeUndefined();
    expect((await ravi.get(pond)).draft.size).toBe(0);
  });
});
