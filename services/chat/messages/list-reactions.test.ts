import { describe, expect, it } from 'vitest';
import { refusal } from '../testing/refusal.ts';
import { talk } from '../testing/talk.ts';

describe('message.reactions', () => {
  it('tells who reacted, oldest first, in pages', async () => {
    const { asha, ravi, pond } = await talk();
    const sent = await asha.send(pond, 'Harvest done');
    await ravi.react(sent, '👍');
    await asha.react(sent, '🎉');
    await ravi.react(sent, '🎉');
    const { messageId, conversationId } = sent;
    const first = await asha.call('listReactions', { messageId, conversationId, pageSize: 2 });
    expect(first.reactions.map(({ userKey, emoji }) => [userKey, emoji])).toEqual([
      [ravi.key, '👍'],
      [asha.key, '🎉'],
    ]);
    const second = await asha.call('listReactions', {
      messageId,
      conversationId,
      pageSize: 2,
      pageToken: first.nextPageToken,
    });
    expect(second.reactions.map(({ userKey, emoji }) => [userKey, emoji])).toEqual([[ravi.key, '🎉']]);
    expect(second.nextPageToken).toBe('');
    await expect(asha.call('listReactions', { messageId, conversationId, pageToken: 'x' })).rejects.toEqual(
      refusal('PAGE_TOKEN_INVALID'),
    );
  });
});
