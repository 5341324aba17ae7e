import { describe, expect, it } from 'vitest';
import { refusal } from '../testing/refusal.ts';
import { type Talk, talk } from '../testing/talk.ts';

const texts = (messages: readonly { content: { text: string } | undefined }[]) =>
  messages.map((message) => message.content?.text ?? '').filter((text) => text !== '');

async function tenMessages(): Promise<Talk> {
  const opened = await talk();
  for (let at = 1; at <= 10; at += 1) await opened.asha.send(opened.pond, `m${at}`);
  return opened;
}

describe('message.list', () => {
  it('pages back from the newest, with notices in their place', async () => {
    const { ravi, pond } = await tenMessages();
    const pages: string[][] = [];
    let pageToken = '';
    do {
      const page = await ravi.call('listMessages', { conversationId: pond, pageSize: 4, pageToken });
      expect(page.head).toBe(11);
      pages.push(page.messages.map((message) => message.content?.text || (message.system?.kind ?? '')));
      pageToken = page.nextPageToken;
    } while (pageToken !== '');
    expect(pages).toEqual([
      ['m7', 'm8', 'm9', 'm10'],
      ['m3', 'm4', 'm5', 'm6'],
      ['conversation_created', 'm1', 'm2'],
    ]);
  });

  it('goes forward from a number, and around one', async () => {
    const { ravi, pond } = await tenMessages();
    const after = await ravi.call('listMessages', { conversationId: pond, afterSeq: 8, pageSize: 2 });
    expect(texts(after.messages)).toEqual(['m8', 'm9']);
    const { nextPageToken: pageToken } = after;
    expect(texts((await ravi.call('listMessages', { conversationId: pond, pageToken })).messages)).toEqual(['m10']);
    const around = await ravi.call('listMessages', { conversationId: pond, aroundSeq: 6, pageSize: 3 });
    expect(texts(around.messages)).toEqual(['m4', 'm5', 'm6']);
    const before = await ravi.call('listMessages', { conversationId: pond, beforeSeq: 4 });
    expect(texts(before.messages)).toEqual(['m1', 'm2']);
  });

  it('takes one of before, after and around, and tokens of its own', async () => {
    const { ravi, pond } = await talk();
    const both = ravi.call('listMessages', { conversationId: pond, beforeSeq: 4, afterSeq: 1 });
    await expect(both).rejects.toEqual(refusal('INVALID_REQUEST'));
    const forged = ravi.call('listMessages', { conversationId: pond, pageToken: 'AAAA' });
    await expect(forged).rejects.toEqual(refusal('PAGE_TOKEN_INVALID'));
  });

  it('begins for a member where they came, and ends where they left', async () => {
    const { asha, pond, person } = await tenMessages();
    const meena = await person('Meena');
    await asha.call('addMembers', { conversationId: pond, userKeys: [meena.key] });
    await asha.send(pond, 'welcome');
    expect(await meena.texts(pond)).toEqual(['welcome']);
    await asha.call('removeMember', { conversationId: pond, userKey: meena.key });
    await asha.send(pond, 'she is gone');
    expect(await meena.texts(pond)).toEqual(['welcome']);
    const after = await meena.call('listMessages', { conversationId: pond, afterSeq: 0 });
    expect(texts(after.messages)).toEqual(['welcome']);
    expect(after.nextPageToken).toBe('');
  });

  it('shows who came and went as notices', async () => {
    const { asha, ravi, pond } = await talk();
    await ravi.call('leaveConversation', { conversationId: pond });
    const notices = (await asha.messages(pond)).map(({ number, system }) => [number, system?.kind]);
    expect(notices).toEqual([
      [0, 'conversation_created'],
      [0, 'member_left'],
    ]);
  });
});
