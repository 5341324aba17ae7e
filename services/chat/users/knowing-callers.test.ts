import { describe, expect, it } from 'vitest';
import { callsOf, textOf } from '../testing/person.ts';
import { refusal } from '../testing/refusal.ts';
import { talk } from '../testing/talk.ts';

describe('a user who was never seen', () => {
  it('has their first calls done in the order made', async () => {
    const { chat, accountKey, asha, fish } = await talk();
    const key = `15${accountKey.slice(-10)}`;
    await fish('putUsers', { accountKey, users: [{ userKey: key, displayName: 'Kiran' }] });
    const { conversation } = await asha.call('createConversation', { type: 1, participantKeys: [key] });
    const conversationId = conversation?.conversationId ?? '';
    const kiran = callsOf(chat.host.asUser({ userKey: key, accountKey, displayName: 'Kiran K' }));

    // Refused before any handler: so that the token is known, and the user is not.
    await expect(kiran('getConversation', { conversationId: 'x' })).rejects.toEqual(refusal('INVALID_REQUEST'));

    const texts = Array.from({ length: 20 }, (_, at) => `m${at}`);
    const sent = await Promise.all(
      texts.map((text) => kiran('sendMessage', { conversationId, content: textOf(text) })),
    );
    expect(sent.map((answer) => answer.message?.number)).toEqual(texts.map((_, at) => at + 1));
    expect(await asha.texts(conversationId)).toEqual(texts);
  });
});
