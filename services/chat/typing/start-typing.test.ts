import { describe, expect, it } from 'vitest';
import { ConversationType } from '../../../gen/circuit/chat/v1/conversation.ts';
import { refusal } from '../testing/refusal.ts';
import { talk } from '../testing/talk.ts';

describe('typing.start', () => {
  it('tells the others who types, until when, without a number', async () => {
    const { asha, ravi, pond, chat } = await talk();
    await ravi.call('startTyping', { conversationId: pond });
    const event = await asha.next('typing.indicator');
    expect(event).toMatchObject({ conversation_id: pond, user_key: ravi.key, display_name: 'Ravi', typing: true });
    const leftMs = Date.parse(String(event.expires_at)) - chat.now();
    expect(leftMs).toBeGreaterThan(3_000);
    expect(leftMs).toBeLessThanOrEqual(5_000);
    expect(asha.device.received.at(-1)).toMatchObject({ topic: `c:${pond}`, seq: 0 });
  });

  it('with `stop` tells that they stopped; sending stops, too', async () => {
    const { asha, ravi, pond } = await talk();
    await ravi.call('startTyping', { conversationId: pond });
    await ravi.call('startTyping', { conversationId: pond, stop: true });
    await asha.next('typing.indicator');
    const stopped = await asha.next('typing.indicator');
    expect(stopped.typing ?? false).toBe(false);
    await ravi.call('startTyping', { conversationId: pond });
    await ravi.send(pond, 'done');
    expect((await asha.get(pond)).typing.size).toBe(0);
  });

  it('ends with the membership', async () => {
    const { asha, ravi, pond, person } = await talk();
    const meena = await person('Meena');
    await asha.call('addMembers', { conversationId: pond, userKeys: [meena.key] });
    for (const who of [ravi, meena]) await who.call('startTyping', { conversationId: pond });
    await asha.call('removeMember', { conversationId: pond, userKey: ravi.key });
    await meena.call('leaveConversation', { conversationId: pond });
    expect((await asha.get(pond)).typing.size).toBe(0);
  });

  it('is for those who may speak', async () => {
    const { asha, ravi, pond, person } = await talk();
    await expect((await person('Meena')).call('startTyping', { conversationId: pond })).rejects.toEqual(
      refusal('NOT_A_MEMBER'),
    );
    const { conversation } = await asha.call('createConversation', {
      type: ConversationType.CONVERSATION_TYPE_CHANNEL,
      info: { name: 'News' },
      participantKeys: [ravi.key],
    });
    const conversationId = conversation?.conversationId ?? '';
    await expect(ravi.call('startTyping', { conversationId })).rejects.toEqual(refusal('ONLY_ADMINS_CAN_SEND'));
  });
});
