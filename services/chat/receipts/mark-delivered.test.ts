import { describe, expect, it } from 'vitest';
import { MessageStatus } from '../../../gen/circuit/chat/v1/message.ts';
import { talk } from '../testing/talk.ts';

describe('conversation.delivered', () => {
  it('tells the sender, and shows on the message', async () => {
    const { asha, ravi, pond } = await talk();
    const sent = await asha.send(pond, 'one');
    await ravi.call('markDelivered', { positions: [{ conversationId: pond, seq: sent.seq }] });
    expect(await asha.next('delivery.status')).toMatchObject({ user_key: ravi.key, delivered_seq: sent.seq });
    expect((await asha.call('getMessage', sent)).message?.status).toBe(MessageStatus.MESSAGE_STATUS_DELIVERED);
    expect((await ravi.get(pond)).membership).toMatchObject({ deliveredSeq: sent.seq, readSeq: 0, unreadCount: 1 });
  });

  it('waits for every recipient', async () => {
    const { asha, ravi, pond, person } = await talk();
    const meena = await person('Meena');
    await asha.call('addMembers', { conversationId: pond, userKeys: [meena.key] });
    const sent = await asha.send(pond, 'one');
    const positions = [{ conversationId: pond, seq: sent.seq }];
    const status = async () => (await asha.call('getMessage', sent)).message?.status;
    await ravi.call('markDelivered', { positions });
    expect(await status()).toBe(MessageStatus.MESSAGE_STATUS_SENT);
    await meena.call('markDelivered', { positions });
    expect(await status()).toBe(MessageStatus.MESSAGE_STATUS_DELIVERED);
  });

  it('tells only those whose messages were newly delivered', async () => {
    const { asha, ravi, pond, person } = await talk();
    const meena = await person('Meena');
    await asha.call('addMembers', { conversationId: pond, userKeys: [meena.key] });
    for (const sender of [asha, meena]) {
      const { seq } = await sender.send(pond, 'one');
      await ravi.call('markDelivered', { positions: [{ conversationId: pond, seq }] });
      expect(await sender.next('delivery.status')).toMatchObject({ user_key: ravi.key, delivered_seq: seq });
    }
    expect(asha.device.received.filter((each) => each.event === 'delivery.status')).toHaveLength(1);
  });

  it('passes over conversations that the caller is not in', async () => {
    const { asha, ravi, pond, person } = await talk();
    const meena = await person('Meena');
    const sent = await asha.send(pond, 'one');
    const unknown = { conversationId: '999999999999', seq: 5 };
    await meena.call('markDelivered', { positions: [{ conversationId: pond, seq: sent.seq }, unknown] });
    await ravi.call('markDelivered', { positions: [unknown, { conversationId: pond, seq: sent.seq }] });
    expect((await ravi.get(pond)).membership?.deliveredSeq).toBe(sent.seq);
  });
});
