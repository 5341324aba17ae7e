import { describe, expect, it } from 'vitest';
import { talk } from '../testing/talk.ts';

describe('conversation.archive', () => {
  it('puts it away for the caller alone, and back', async () => {
    const { asha, ravi, pond } = await talk();
    const { membership } = await ravi.call('archiveConversation', { conversationId: pond, archived: true });
    expect(membership?.archived).toBe(true);
    expect((await ravi.get(pond)).archivedBy).toEqual([ravi.key]);
    expect((await asha.get(pond)).archivedBy).toEqual([]);
    await ravi.call('archiveConversation', { conversationId: pond, archived: false });
    expect((await ravi.call('listConversations')).conversations).toHaveLength(1);
  });
});
