import { describe, expect, it } from 'vitest';
import { ContentType } from '../../../gen/circuit/chat/v1/content.ts';
import { refusal } from '../testing/refusal.ts';
import { talk } from '../testing/talk.ts';

describe('message.edit', () => {
  it('keeps the first text for its sender and tells every member of the new one', async () => {
    const { asha, ravi, pond } = await talk();
    const sent = await asha.send(pond, 'DO is 3.1');
    const edited = await asha.edit(sent, 'DO is 2.1');

    expect(edited.edited).toMatchObject({ isEdited: true, editCount: 1, originalContent: 'DO is 3.1' });
    const event = await ravi.next('message.updated');
    expect(event).toMatchObject({ message_id: sent.messageId, content: { text: 'DO is 2.1' }, user_key: asha.key });
    expect(JSON.stringify(event)).not.toContain('3.1');
    const [seen] = (await ravi.messages(pond)).filter((message) => message.number === 1);
    expect(seen).toMatchObject({ content: { text: 'DO is 2.1' }, edited: { isEdited: true, originalContent: '' } });
  });

  it('says nothing to those who came after the message, and everything to those who may read it', async () => {
    const { asha, ravi, pond, person } = await talk();
    const old = await asha.send(pond, 'DO is 3.1');
    const meena = await person('Meena');
    await asha.call('addMembers', { conversationId: pond, userKeys: [meena.key] });
    await meena.next('conversation.added');
    const answer = await ravi.send(pond, 'check it', { replyToMessageId: old.messageId });
    const formattedText = { mention: [{ start: 0, end: 5, userKey: ravi.key }] };
    const content = { type: ContentType.CONTENT_TYPE_TEXT, text: '@Ravi the secret is 42', formattedText };
    const { conversationId, messageId } = old;
    const { message } = await asha.call('editMessage', { conversationId, messageId, content });
    expect(message).toMatchObject({ content: { text: content.text }, mentions: [ravi.key] });

    const told = await meena.next('message.updated');
    expect(told).toMatchObject({ message_id: messageId, user_key: asha.key, edited: { edit_count: 1 } });
    const positions = [{ topic: `c:${pond}`, seq: answer.seq }];
    const missed = await meena.call('sync', { positions });
    expect(missed.topics[0]?.entries.map(({ event }) => event?.$case)).toEqual(['messageUpdated']);
    const all = [told, missed, await meena.messages(pond), await meena.get(pond), meena.device.received];
    expect(JSON.stringify(all)).not.toMatch(/secret|mentions":\["/);
    expect(JSON.stringify(all)).toContain('DO is 3.1');

    expect(await ravi.texts(pond)).toEqual([content.text, 'check it']);
    expect((await asha.call('listEdits', old)).edits).toHaveLength(1);
    const own = await asha.send(pond, 'pH is 7');
    await asha.edit(own, 'pH is 8');
    expect(await meena.next('message.updated')).toMatchObject({ content: { text: 'pH is 8' } });
  });

  it('is for the sender alone, also against the owner', async () => {
    const { asha, ravi, pond } = await talk();
    const sent = await ravi.send(pond, 'DO is 3.1');
    await expect(asha.edit(sent, 'DO is 9')).rejects.toEqual(refusal('NOT_THE_SENDER'));
  });

  it('finds a message that is named by its id alone', async () => {
    const { asha, pond } = await talk();
    const sent = await asha.send(pond, 'DO is 3.1');
    expect((await asha.edit({ ...sent, conversationId: '' }, 'DO is 2.1')).content?.text).toBe('DO is 2.1');
  });

  it('keeps the type, and refuses what has no words', async () => {
    const { asha, pond } = await talk();
    const sent = await asha.send(pond, 'DO is 3.1');
    const { conversationId, messageId } = sent;
    const asImage = { type: ContentType.CONTENT_TYPE_IMAGE, caption: 'x' };
    await expect(asha.call('editMessage', { conversationId, messageId, content: asImage })).rejects.toEqual(
      refusal('CONTENT_MISMATCH'),
    );
    const asPoll = { type: ContentType.CONTENT_TYPE_POLL };
    await expect(asha.call('editMessage', { conversationId, messageId, content: asPoll })).rejects.toEqual(
      refusal('NOT_EDITABLE'),
    );
    await expect(asha.edit(sent, '  ')).rejects.toEqual(refusal('CONTENT_MISMATCH'));
  });

  it('refuses what is deleted and what is not there', async () => {
    const { asha, pond } = await talk();
    const sent = await asha.send(pond, 'DO is 3.1');
    await asha.delete(sent);
    await expect(asha.edit(sent, 'x')).rejects.toEqual(refusal('MESSAGE_DELETED'));
    await expect(asha.edit({ ...sent, messageId: '999999999999' }, 'x')).rejects.toEqual(refusal('MESSAGE_NOT_FOUND'));
  });

  it('mentions whom the new words name, and still whom the message named beside its words', async () => {
    const { asha, ravi, pond, person } = await talk();
    const meena = await person('Meena');
    await asha.call('addMembers', { conversationId: pond, userKeys: [meena.key] });
    const naming = (userKey: string) => ({ formattedText: { mention: [{ start: 0, end: 5, userKey }] } });
    const type = ContentType.CONTENT_TYPE_TEXT;
    const content = { type, text: '@Ravi: DO is 3.1', ...naming(ravi.key) };
    const sent = await asha.send(pond, '', { content, mentions: [meena.key] });
    expect(sent.mentions).toEqual([ravi.key, meena.key]);
    expect((await asha.edit(sent, 'DO is 2.1')).mentions).toEqual([meena.key]);
    const named = { ...content, ...naming(asha.key) };
    const { message } = await asha.call('editMessage', { messageId: sent.messageId, content: named });
    expect(message?.mentions).toEqual([asha.key, meena.key]);
  });

  it('to the same words changes nothing', async () => {
    const { asha, pond } = await talk();
    const sent = await asha.send(pond, 'DO is 3.1');
    expect((await asha.edit(sent, 'DO is 3.1')).edited).toBeUndefined();
  });
});
