import { describe, expect, it } from 'vitest';
import { callsOf } from '../testing/person.ts';
import { refusal } from '../testing/refusal.ts';
import { talk } from '../testing/talk.ts';

const system = { kind: 'shipment_accepted', parameters: new Map([['shipment', 'S-7']]) };

describe('message.system', () => {
  it('is posted by a domain server of the account, and counts as no unread message', async () => {
    const { fish, ravi, pond } = await talk();
    const { message } = await fish('postSystemMessage', {
      conversationId: pond,
      system,
      text: 'Shipment S-7 accepted',
    });
    expect(message).toMatchObject({ number: 0, sender: { externalId: 'fish' }, system: { kind: 'shipment_accepted' } });
    expect(await ravi.next('message.new')).toMatchObject({
      message: { content: { type: 'system' }, system: { kind: 'shipment_accepted', parameters: { shipment: 'S-7' } } },
    });
    expect((await ravi.get(pond)).membership?.unreadCount).toBe(0);
    expect((await ravi.send(pond, 'Good')).number).toBe(1);
  });

  it('is not for users, nor for servers of other accounts', async () => {
    const { asha, pond, chat } = await talk();
    await expect(asha.call('postSystemMessage', { conversationId: pond, system })).rejects.toEqual(
      refusal('CALLER_NOT_ALLOWED'),
    );
    const agri = callsOf(chat.host.asService({ kind: 'domain_server', key: 'agri', accountKeys: ['999999999999'] }));
    await expect(agri('postSystemMessage', { conversationId: pond, system })).rejects.toEqual(
      refusal('CONVERSATION_NOT_FOUND'),
    );
  });

  it('with the same id again is the same notice', async () => {
    const { fish, pond } = await talk();
    const request = { conversationId: pond, system, clientMessageId: 'shipment-S-7' };
    const first = await fish('postSystemMessage', request);
    expect(await fish('postSystemMessage', request)).toEqual(first);
  });

  it('is a repeat in whatever order its parameters come', async () => {
    const { fish, pond } = await talk();
    const pairs = [
      ['shipment', 'S-7'],
      ['buyer', 'B-1'],
      ['weight', '40'],
    ] as const;
    const post = (parameters: ReadonlyMap<string, string>) =>
      fish('postSystemMessage', {
        conversationId: pond,
        system: { ...system, parameters: new Map(parameters) },
        clientMessageId: 'shipment-S-7 by B-1',
      });
    const first = await post(new Map(pairs));
    expect(await post(new Map(pairs.toReversed()))).toEqual(first);
  });
});
