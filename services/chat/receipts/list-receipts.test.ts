import { describe, expect, it } from 'vitest';
import { MessageStatus } from '../../../gen/circuit/chat/v1/message.ts';
import { refusal } from '../testing/refusal.ts';
import { talk } from '../testing/talk.ts';

describe('message.receipts', () => {
  it('tells when each other member got and read a message', async () => {
    const { asha, ravi, pond, person, chat } = await talk();
    const meena = await person('Meena');
    await asha.call('addMembers', { conversationId: pond, userKeys: [meena.key] });
    const sent = await asha.send(pond, 'one');
    const from = chat.now();
    await ravi.call('markDelivered', { positions: [{ conversationId: pond, seq: sent.seq }] });
    chat.move(60_000);
    await ravi.read(pond);
    const { receipts } = await asha.call('listReceipts', sent);

    expect(receipts.map((receipt) => receipt.userKey).toSorted()).toEqual([ravi.key, meena.key].toSorted());
    const his = receipts.find((receipt) => receipt.userKey === ravi.key);
    expect(his?.deliveredAt?.getTime()).toBeGreaterThanOrEqual(from);
    expect(his?.readAt?.getTime()).toBeGreaterThanOrEqual(from + 60_000);
    expect(his?.deliveredAt?.getTime()).toBeLessThan(from + 60_000);
    const hers = receipts.find((receipt) => receipt.userKey === meena.key);
    expect(hers).toMatchObject({ deliveredAt: undefined, readAt: undefined });
  });

  it('does not wait for who came later', async () => {
    const { asha, ravi, pond, person } = await talk();
    const sent = await asha.send(pond, 'one');
    await asha.call('addMembers', { conversationId: pond, userKeys: [(await person('Meena')).key] });
    await ravi.read(pond);
    const { receipts } = await asha.call('listReceipts', sent);
    expect(receipts.map((receipt) => receipt.userKey)).toEqual([ravi.key]);
    expect((await asha.call('getMessage', sent)).message?.status).toBe(MessageStatus.MESSAGE_STATUS_READ);
  });

  it('tells of all who are members, however many have left', async () => {
    const { asha, ravi, pond, person } = await talk();
    const others = [];
    for (const name of ['Meena', 'Kiran', 'Tara', 'Zoya']) others.push(await person(name));
    await asha.call('addMembers', { conversationId: pond, userKeys: others.map(({ key }) => key) });
    const { messageId, conversationId, seq } = await asha.send(pond, 'one');
    for (const member of [ravi, ...others]) {
      await member.call('markDelivered', { positions: [{ conversationId: pond, seq }] });
    }
    const zoya = others.pop()!;
    for (const { key } of others) await asha.call('removeMember', { conversationId: pond, userKey: key });
    const { receipts } = await asha.call('listReceipts', { messageId, conversationId });
    const got = receipts.filter(({ deliveredAt }) => deliveredAt !== undefined).map(({ userKey }) => userKey);
    expect(got.toSorted()).toEqual([ravi.key, zoya.key].toSorted());
  });

  it('is for those who are members still', async () => {
    const { asha, ravi, pond } = await talk();
    const sent = await ravi.send(pond, 'one');
    await ravi.call('leaveConversation', { conversationId: pond });
    await asha.read(pond);
    await expect(ravi.call('listReceipts', sent)).rejects.toEqual(refusal('NOT_A_MEMBER'));
    const { message } = await ravi.call('getMessage', sent);
    expect(message).toMatchObject({ deliveryStatus: new Map(), deliveryCounts: undefined });
  });

  it('is for the sender', async () => {
    const { asha, ravi, pond } = await talk();
    const sent = await asha.send(pond, 'one');
    await expect(ravi.call('listReceipts', sent)).rejects.toEqual(refusal('NOT_THE_SENDER'));
  });
});
