import { describe, expect, it } from 'vitest';
import { refusal } from '../testing/refusal.ts';
import { talk } from '../testing/talk.ts';

describe('message.delete', () => {
  it('for everyone leaves a place without content, and tells', async () => {
    const { asha, ravi, pond } = await talk();
    const sent = await asha.send(pond, 'wrong pond');
    await asha.delete(sent);

    expect(await ravi.next('message.deleted')).toMatchObject({
      message_id: sent.messageId,
      deleted: { is_deleted: true, deleted_for: 'everyone', deleted_by: asha.key },
    });
    const { message } = await ravi.call('getMessage', sent);
    expect(message).toMatchObject({ content: undefined, attachments: [], deleted: { isDeleted: true } });
    expect(JSON.stringify(await ravi.messages(pond))).not.toContain('wrong pond');
    expect((await ravi.get(pond)).lastMessage?.contentPreview).toBe('');
  });

  it('for everyone is for the sender and admins', async () => {
    const { asha, ravi, pond } = await talk();
    const byAsha = await asha.send(pond, 'mine');
    await expect(ravi.delete(byAsha)).rejects.toEqual(refusal('NOT_THE_SENDER'));
    const byRavi = await ravi.send(pond, 'his');
    await asha.delete(byRavi);
    expect((await ravi.call('getMessage', byRavi)).message?.deleted?.deletedBy).toBe(asha.key);
  });

  it('twice is once', async () => {
    const { asha, pond } = await talk();
    const sent = await asha.send(pond, 'x');
    await asha.delete(sent);
    const { lastSeq } = await asha.get(pond);
    await asha.delete(sent);
    expect((await asha.get(pond)).lastSeq).toBe(lastSeq);
  });

  it('for oneself hides it from the caller alone, on every device', async () => {
    const { asha, ravi, pond } = await talk();
    const first = await asha.send(pond, 'first');
    const second = await asha.send(pond, 'second');
    await ravi.hide(second);

    expect(await ravi.next('message.hidden')).toMatchObject({ conversation_id: pond, message_ids: [second.messageId] });
    expect(await ravi.texts(pond)).toEqual(['first']);
    expect(await asha.texts(pond)).toEqual(['first', 'second']);
    await expect(ravi.call('getMessage', second)).rejects.toEqual(refusal('MESSAGE_NOT_FOUND'));
    expect((await ravi.get(pond)).lastMessage?.messageId).toBe(first.messageId);
    expect((await asha.get(pond)).lastMessage?.messageId).toBe(second.messageId);
  });
});
