import { describe, expect, it, onTestFinished } from 'vitest';
import { MessageStatus } from '../../../gen/circuit/chat/v1/message.ts';
import { openChat } from '../testing/open-chat.ts';
import { openPerson, type Person } from '../testing/person.ts';
import { groupOf, talk } from '../testing/talk.ts';

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

  it('of many conversations costs a few commands in all', async () => {
    let commands: string[] = [];
    const chat = await openChat((command) => commands.push(Object.keys(command)[0] ?? ''));
    onTestFinished(() => chat.close());
    const [asha, ravi] = ['100000000001', '100000000002'].map((key) =>
      openPerson(chat.host, { key, name: key, accountKey: '900000000001' }),
    ) as [Person, Person];
    await Promise.all([asha, ravi].map((person) => person.call('listConversations')));
    await Promise.all([asha, ravi].map((person) => person.device.follow()));
    const positions = await Promise.all(
      Array.from({ length: 20 }, async (_, at) => {
        const conversationId = await groupOf(asha, `Pond ${at}`, [ravi]);
        const { seq } = await asha.send(conversationId, 'one');
        return { conversationId, seq };
      }),
    );
    commands = [];
    await ravi.call('markDelivered', { positions });
    // Rows are read at once; times and rows are written at once. Head documents may be written behind meanwhile.
    expect(commands.filter((name) => name === 'find')).toHaveLength(1);
    expect(commands.length).toBeLessThanOrEqual(6);
    const rows = await chat.store.db
      .collection('members')
      .find({ user_key: ravi.key, account_key: '900000000001' })
      .toArray();
    expect(rows.map((row) => row.delivered_seq)).toEqual(positions.map(({ seq }) => seq));
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
