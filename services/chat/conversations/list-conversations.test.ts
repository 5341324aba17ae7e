import { describe, expect, it } from 'vitest';
import { ConversationType } from '../../../gen/circuit/chat/v1/conversation.ts';
import { refusal } from '../testing/refusal.ts';
import { groupOf, type Talk, talk } from '../testing/talk.ts';

type Listing = Parameters<Talk['asha']['call']>[1] & object;

async function names(who: Talk['asha'], listing: Listing = {}): Promise<string[]> {
  const { conversations } = await who.call('listConversations', listing as never);
  return conversations.map((conversation) => conversation.info?.name ?? 'direct');
}

async function threePonds() {
  const opened = await talk();
  const { asha, ravi, pond, chat } = opened;
  chat.move(1_000);
  const b = await groupOf(asha, 'Pond B', [ravi]);
  chat.move(1_000);
  const c = await groupOf(asha, 'Pond C', [ravi]);
  chat.move(1_000);
  return { ...opened, a: pond, b, c };
}

describe('conversation.list', () => {
  it('puts pinned ones first, then the latest activity', async () => {
    const { asha, ravi, a, b } = await threePonds();
    expect(await names(ravi)).toEqual(['Pond C', 'Pond B', 'Pond A1']);
    await asha.send(b, 'hi');
    expect(await names(ravi)).toEqual(['Pond B', 'Pond C', 'Pond A1']);
    await ravi.call('pinConversation', { conversationId: a, pinned: true });
    expect(await names(ravi)).toEqual(['Pond A1', 'Pond B', 'Pond C']);
    expect(await names(asha)).toEqual(['Pond B', 'Pond C', 'Pond A1']);
  });

  it('pages without repeating or skipping, whatever happens meanwhile', async () => {
    const { asha, ravi, a } = await threePonds();
    const first = await ravi.call('listConversations', { pageSize: 2 });
    expect(first.conversations.map((each) => each.info?.name)).toEqual(['Pond C', 'Pond B']);
    await asha.send(a, 'jumps to the front');
    const second = await ravi.call('listConversations', { pageSize: 2, pageToken: first.nextPageToken });
    expect(second.conversations.map((each) => each.info?.name)).toEqual(['Pond A1']);
    expect(second.nextPageToken).toBe('');
    const again = ravi.call('listConversations', { unreadOnly: true, pageToken: first.nextPageToken });
    await expect(again).rejects.toEqual(refusal('PAGE_TOKEN_INVALID'));
  });

  it('goes on after the last one shown when the order was forgotten', async () => {
    const { ravi, chat } = await threePonds();
    const first = await ravi.call('listConversations', { pageSize: 2 });
    chat.move(3_600_000);
    const second = await ravi.call('listConversations', { pageSize: 2, pageToken: first.nextPageToken });
    expect(second.conversations.map((each) => each.info?.name)).toEqual(['Pond A1']);
  });

  it('filters by unread, archive and type', async () => {
    const { asha, ravi, a, b, direct } = await threePonds();
    await direct(asha, ravi);
    await asha.send(b, 'unread');
    expect(await names(ravi, { unreadOnly: true })).toEqual(['Pond B']);
    expect(await names(ravi, { type: ConversationType.CONVERSATION_TYPE_DIRECT })).toEqual(['direct']);
    await ravi.call('archiveConversation', { conversationId: a, archived: true });
    expect(await names(ravi, { archived: true })).toEqual(['Pond A1']);
    expect(await names(ravi)).not.toContain('Pond A1');
    await ravi.read(b);
    expect(await names(ravi, { unreadOnly: true })).toEqual([]);
  });
});
