import { describe, expect, it } from 'vitest';
import { ContentType } from '../../../gen/circuit/chat/v1/content.ts';
import { ConversationType } from '../../../gen/circuit/chat/v1/conversation.ts';
import { MessageStatus } from '../../../gen/circuit/chat/v1/message.ts';
import { textOf } from '../testing/person.ts';
import { refusal } from '../testing/refusal.ts';
import { talk } from '../testing/talk.ts';

describe('message.send', () => {
  it('reaches the other, and both have it in their history', async () => {
    const { asha, ravi, pond } = await talk();
    const sent = await asha.send(pond, 'DO is 2.1');

    expect(sent).toMatchObject({
      number: 1,
      status: MessageStatus.MESSAGE_STATUS_SENT,
      content: { text: 'DO is 2.1' },
    });
    expect(sent.sender).toMatchObject({ userKey: asha.key, displayName: 'Asha' });
    const { message } = await ravi.next('message.new');
    expect(message).toMatchObject({
      message_id: sent.messageId,
      seq: sent.seq,
      content: { type: 'text', text: 'DO is 2.1' },
    });
    expect(message).not.toHaveProperty('status');
    expect(await ravi.texts(pond)).toEqual(['DO is 2.1']);
    expect(await asha.texts(pond)).toEqual(['DO is 2.1']);
  });

  it('with the same id again is the same message, and with it for other words is refused', async () => {
    const { asha, ravi, pond } = await talk();
    const clientMessageId = 'feeding-done-1';
    const first = await asha.send(pond, 'Fed', { clientMessageId });
    expect(await asha.send(pond, 'Fed', { clientMessageId })).toEqual(first);
    await expect(asha.send(pond, 'Not fed', { clientMessageId })).rejects.toEqual(refusal('REQUEST_ID_REUSED'));
    // Another sender's ids are their own.
    expect((await ravi.send(pond, 'Fed', { clientMessageId })).messageId).not.toBe(first.messageId);
    expect(await asha.texts(pond)).toEqual(['Fed', 'Fed']);
  });

  it('is refused unless the message named in `after` is stored', async () => {
    const { asha, pond } = await talk();
    await expect(asha.send(pond, 'second', { after: 'never-sent-1' })).rejects.toEqual(refusal('PREDECESSOR_FAILED'));
    await asha.send(pond, 'first', { clientMessageId: 'first-one-1' });
    expect((await asha.send(pond, 'second', { after: 'first-one-1' })).number).toBe(2);
  });

  it('carries every kind of content as it was', async () => {
    const { asha, ravi, pond } = await talk();
    const liveUntil = new Date('2030-01-01T00:00:00.000Z');
    const { message } = await asha.call('sendMessage', {
      conversationId: pond,
      content: { type: ContentType.CONTENT_TYPE_LOCATION },
      location: { latitude: 17.38, longitude: 0, name: 'Pond A1', liveUntil },
    });
    expect(message?.location).toMatchObject({ latitude: 17.38, longitude: 0, name: 'Pond A1', liveUntil });
    const text = 'Ravi, see the plan';
    const formattedText = {
      bold: [{ start: 0, end: 4 }],
      italic: [],
      code: [],
      link: [{ start: 14, end: 18, url: 'https://farm.example/plan' }],
      mention: [{ start: 0, end: 4, userKey: ravi.key }],
    };
    await asha.call('sendMessage', { conversationId: pond, content: { ...textOf(text), formattedText } });
    const newest = (await ravi.messages(pond)).at(-1);
    expect(newest?.content?.formattedText).toEqual(formattedText);
    expect(newest?.mentions).toEqual([ravi.key]);
  });

  it('quotes what it answers, and only what the sender can see', async () => {
    const { asha, ravi, pond, direct } = await talk();
    const question = await asha.send(pond, 'How is the oxygen?');
    const answer = await ravi.send(pond, 'Low', { replyToMessageId: question.messageId });
    expect(answer.replyTo).toEqual({
      messageId: question.messageId,
      senderKey: asha.key,
      contentPreview: 'How is the oxygen?',
    });
    const elsewhere = await direct(asha, ravi);
    await expect(ravi.send(elsewhere, 'x', { replyToMessageId: question.messageId })).rejects.toEqual(
      refusal('REPLY_TARGET_NOT_FOUND'),
    );
  });

  it('keeps a quote in step with what it quotes', async () => {
    const { asha, ravi, pond } = await talk();
    const question = await asha.send(pond, 'How is teh oxygen?');
    const answer = await ravi.send(pond, 'Low', { replyToMessageId: question.messageId });
    const quoteNow = async () => (await ravi.call('getMessage', answer)).message?.replyTo?.contentPreview;
    await asha.edit(question, 'How is the oxygen?');
    expect(await quoteNow()).toBe('How is the oxygen?');
    await asha.delete(question);
    expect(await quoteNow()).toBe('');
  });

  it('mentions members and nobody else', async () => {
    const { asha, pond, person } = await talk();
    const meena = await person('Meena');
    await expect(asha.send(pond, 'hi', { mentions: [meena.key] })).rejects.toEqual(refusal('CONTENT_MISMATCH'));
    expect((await asha.send(pond, 'hi', { mentions: [asha.key] })).mentions).toEqual([asha.key]);
  });

  it('is for members, and in a channel for admins', async () => {
    const { asha, ravi, pond, person, stranger } = await talk();
    const meena = await person('Meena');
    await expect(meena.send(pond, 'hi')).rejects.toEqual(refusal('NOT_A_MEMBER'));
    await expect((await stranger()).send(pond, 'hi')).rejects.toEqual(refusal('CONVERSATION_NOT_FOUND'));
    const { conversation } = await asha.call('createConversation', {
      type: ConversationType.CONVERSATION_TYPE_CHANNEL,
      info: { name: 'News' },
      participantKeys: [ravi.key],
    });
    const channel = conversation?.conversationId ?? '';
    await expect(ravi.send(channel, 'hi')).rejects.toEqual(refusal('ONLY_ADMINS_CAN_SEND'));
    expect((await asha.send(channel, 'Rain tomorrow')).number).toBe(1);
  });
});
