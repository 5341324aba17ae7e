import { describe, expect, it } from 'vitest';
import { refusal } from '../testing/refusal.ts';
import { groupOf, talk } from '../testing/talk.ts';

describe('message.forward', () => {
  it('counts how often, and names the origin only to those who could read it', async () => {
    const { asha, ravi, pond, person } = await talk();
    const meena = await person('Meena');
    const field = await groupOf(asha, 'Field 3', [ravi, meena]);
    const sent = await ravi.send(pond, 'DO is 2.1');
    const { message } = await asha.call('forwardMessage', { conversationId: field, messageId: sent.messageId });

    expect(message?.content?.text).toBe('DO is 2.1');
    expect(message?.sender?.userKey).toBe(asha.key);
    expect(message?.forwardedFrom?.originalMessageId).toBe(sent.messageId);
    const event = (await meena.next('message.new')) as { message: Record<string, unknown> };
    expect(event.message.forwarded_from).toEqual({ forward_count: 1 });
    const originFor = async (who: typeof asha) => (await who.messages(field)).at(-1)?.forwardedFrom;
    expect(await originFor(ravi)).toEqual({
      originalMessageId: sent.messageId,
      originalSenderName: 'Ravi',
      forwardCount: 1,
    });
    expect(await originFor(meena)).toEqual({ originalMessageId: '', originalSenderName: '', forwardCount: 1 });
  });

  it('comes before what its sender sends after it', async () => {
    const { asha, ravi, pond, direct } = await talk();
    const { messageId } = await asha.send(await direct(asha, ravi), 'DO is 2.1');
    const forwarded = asha.call('forwardMessage', { conversationId: pond, messageId });
    const [{ message }, next] = await Promise.all([forwarded, asha.send(pond, 'see above')]);
    expect(message?.seq).toBeLessThan(next.seq);
  });

  it('keeps the first of a chain as the origin', async () => {
    const { asha, ravi, pond, direct } = await talk();
    const other = await direct(asha, ravi);
    const sent = await ravi.send(pond, 'DO is 2.1');
    const once = await asha.call('forwardMessage', { conversationId: other, ...named(sent.messageId) });
    await asha.call('forwardMessage', { conversationId: pond, ...named(once.message?.messageId ?? '') });
    expect((await ravi.messages(pond)).at(-1)?.forwardedFrom).toMatchObject({
      originalMessageId: sent.messageId,
      forwardCount: 2,
    });
  });

  it('again has the first answer, also when the origin was deleted meanwhile', async () => {
    const { asha, ravi, pond, direct } = await talk();
    const conversationId = await direct(asha, ravi);
    const sent = await asha.send(pond, 'DO is 2.1');
    const request = { conversationId, ...named(sent.messageId), clientMessageId: 'forward-once-1' };
    const first = await asha.call('forwardMessage', request);
    await asha.delete(sent);
    expect((await asha.call('forwardMessage', request)).message?.messageId).toBe(first.message?.messageId);
  });

  it('leaves mentions behind', async () => {
    const { asha, ravi, pond, person, direct } = await talk();
    const meena = await person('Meena');
    const sent = await asha.send(pond, 'look', { mentions: [ravi.key] });
    const other = await direct(asha, meena);
    const { message } = await asha.call('forwardMessage', { conversationId: other, ...named(sent.messageId) });
    expect(message?.mentions).toEqual([]);
  });

  it('takes only what the caller can read, and not what is deleted', async () => {
    const { asha, ravi, pond, person, direct } = await talk();
    const meena = await person('Meena');
    const sent = await ravi.send(pond, 'DO is 2.1');
    const own = await direct(asha, meena);
    await expect(meena.call('forwardMessage', { conversationId: own, ...named(sent.messageId) })).rejects.toEqual(
      refusal('NOT_A_MEMBER'),
    );
    await ravi.delete(sent);
    await expect(asha.call('forwardMessage', { conversationId: own, ...named(sent.messageId) })).rejects.toEqual(
      refusal('MESSAGE_DELETED'),
    );
  });
});

const named = (messageId: string) => ({ messageId });
