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

  it('to the same words changes nothing', async () => {
    const { asha, pond } = await talk();
    const sent = await asha.send(pond, 'DO is 3.1');
    expect((await asha.edit(sent, 'DO is 3.1')).edited).toBeUndefined();
  });
});
