import { describe, expect, it } from 'vitest';
import { MessageStatus } from '../../../gen/circuit/chat/v1/message.ts';
import { callsOf, needed } from '../testing/person.ts';
import { refusal } from '../testing/refusal.ts';
import { talk } from '../testing/talk.ts';

describe('the receipts of an own message', () => {
  it('names whom it has reached and when, and counts the rest', async () => {
    const { asha, ravi, pond, person, chat } = await talk();
    const meena = await person('Meena');
    await asha.call('addMembers', { conversationId: pond, userKeys: [meena.key] });
    const sent = await asha.send(pond, 'one');
    const own = async () => needed((await asha.call('getMessage', sent)).message);
    expect(await own()).toMatchObject({
      status: MessageStatus.MESSAGE_STATUS_SENT,
      deliveryStatus: new Map(),
      deliveryCounts: { recipients: 2, delivered: 0, read: 0 },
    });

    const from = chat.now();
    await ravi.call('markDelivered', { positions: [{ conversationId: pond, seq: sent.seq }] });
    chat.move(60_000);
    await ravi.read(pond);
    const { deliveryStatus, deliveryCounts } = await own();
    expect([...deliveryStatus.keys()]).toEqual([ravi.key]);
    const { deliveredAt, readAt } = needed(deliveryStatus.get(ravi.key));
    expect(deliveredAt?.getTime()).toBeGreaterThanOrEqual(from);
    expect(readAt?.getTime()).toBeGreaterThanOrEqual(from + 60_000);
    expect(deliveryCounts).toEqual({ recipients: 2, delivered: 1, read: 1 });

    await meena.read(pond);
    expect(await own()).toMatchObject({
      status: MessageStatus.MESSAGE_STATUS_READ,
      deliveryCounts: { recipients: 2, delivered: 2, read: 2 },
    });
  });

  it('is told of each message of a page apart, whatever the reader read at once', async () => {
    const { asha, ravi, pond, chat } = await talk();
    const first = await asha.send(pond, 'one');
    await asha.send(pond, 'two');
    const third = await asha.send(pond, 'three');
    const start = chat.now();
    await ravi.read(pond, first.seq);
    chat.move(60_000);
    await ravi.read(pond, third.seq);
    const own = (await asha.messages(pond)).filter((message) => message.number > 0);
    const readAfter = own.map(({ deliveryStatus }) => {
      const readAt = needed(deliveryStatus.get(ravi.key)?.readAt).getTime();
      return Math.floor((readAt - start) / 60_000);
    });
    expect(readAfter).toEqual([0, 1, 1]);
  });

  it('has no times for messages from before these are kept', async () => {
    const { asha, ravi, accountKey, pond, chat } = await talk();
    const sent = await asha.send(pond, 'one');
    await ravi.read(pond);
    // With a token of that moment.
    const call: typeof asha.call = (rpc, fields) =>
      callsOf(chat.host.asUser({ userKey: asha.key, accountKey, displayName: 'Asha' }))(rpc, fields);
    const told = async () => (await call('getMessage', sent)).message?.deliveryStatus.get(ravi.key);
    expect((await told())?.readAt).toBeInstanceOf(Date);
    chat.move(90 * 86_400_000);
    expect(await told()).toEqual({ deliveredAt: undefined, readAt: undefined });
    const { receipts } = await call('listReceipts', sent);
    expect(receipts).toMatchObject([{ userKey: ravi.key, readAt: undefined }]);
  });

  it('is found where one reading passed more than a hundred numbers', async () => {
    const { asha, ravi, pond } = await talk();
    const first = await asha.send(pond, 'one');
    const sends = Array.from({ length: 210 }, (_, n) => asha.send(pond, `${n}`));
    await Promise.all(sends);
    await ravi.read(pond);
    const { message } = await asha.call('getMessage', first);
    expect(message?.deliveryStatus.get(ravi.key)?.readAt).toBeInstanceOf(Date);
    const { receipts } = await asha.call('listReceipts', first);
    expect(receipts).toMatchObject([{ userKey: ravi.key, readAt: expect.any(Date) }]);
  });

  it('is for the sender alone, in no event, and not for who came later', async () => {
    const { asha, ravi, pond, person } = await talk();
    const sent = await asha.send(pond, 'one');
    await ravi.read(pond);
    const meena = await person('Meena');
    await asha.call('addMembers', { conversationId: pond, userKeys: [meena.key] });
    await meena.read(pond);
    const his = needed((await ravi.call('getMessage', sent)).message);
    expect([his.deliveryStatus.size, his.deliveryCounts, his.status]).toEqual([0, undefined, 0]);
    const event = await ravi.next('message.new');
    expect(event.message).not.toHaveProperty('delivery_status');
    const hers = needed((await asha.call('getMessage', sent)).message);
    expect([...hers.deliveryStatus.keys()]).toEqual([ravi.key]);
    expect(hers.deliveryCounts).toEqual({ recipients: 1, delivered: 1, read: 1 });
  });

  it('names the first 20; the others stand in message.receipts, page by page', async () => {
    const { asha, fish, accountKey, pond, chat } = await talk();
    const keys = Array.from({ length: 60 }, (_, n) => `82${String(n).padStart(10, '0')}`);
    await fish('putUsers', { accountKey, users: keys.map((userKey) => ({ userKey, displayName: 'Kiran' })) });
    await fish('addMembers', { conversationId: pond, userKeys: keys });
    const sent = await asha.send(pond, 'Harvest on Monday');
    const readers = keys.map((userKey) => chat.host.asUser({ userKey, accountKey, displayName: 'Kiran' }));
    await Promise.all(readers.map((reader) => callsOf(reader)('markRead', { conversationId: pond })));

    const { message } = await asha.call('getMessage', sent);
    expect(message?.deliveryCounts).toEqual({ recipients: 61, delivered: 60, read: 60 });
    // The first 20 members beside Asha, of whom Ravi has not read it.
    expect([...needed(message).deliveryStatus.keys()]).toEqual(keys.slice(0, 19));
    const told: string[] = [];
    for (let pageToken = ''; ; ) {
      const page = await asha.call('listReceipts', { messageId: sent.messageId, pageSize: 25, pageToken });
      expect(page.receipts.length).toBeLessThanOrEqual(25);
      told.push(...page.receipts.filter(({ readAt }) => readAt !== undefined).map(({ userKey }) => userKey));
      pageToken = page.nextPageToken;
      if (pageToken === '') break;
    }
    expect(told).toEqual(keys);
    await expect(asha.call('listReceipts', { messageId: sent.messageId, pageToken: 'x' })).rejects.toEqual(
      refusal('PAGE_TOKEN_INVALID'),
    );
  });
});
