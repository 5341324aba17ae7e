import { describe, expect, it } from 'vitest';
import { talk } from '../testing/talk.ts';

describe('typing.stop', () => {
  it('tells the others, and only where somebody typed', async () => {
    const { asha, ravi, pond } = await talk();
    await ravi.call('stopTyping', { conversationId: pond });
    await ravi.call('startTyping', { conversationId: pond });
    await ravi.call('stopTyping', { conversationId: pond });
    expect((await asha.next('typing.indicator')).typing).toBe(true);
    expect((await asha.next('typing.indicator')).typing ?? false).toBe(false);
    expect((await asha.get(pond)).typing.size).toBe(0);
  });
});
