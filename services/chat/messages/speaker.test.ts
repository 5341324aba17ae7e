import { describe, expect, it } from 'vitest';
import { OriginDirection, SenderKind, SenderRole } from '../../../gen/circuit/chat/v1/message.ts';
import { callsOf, needed, textOf } from '../testing/person.ts';
import { refusal } from '../testing/refusal.ts';
import { talk } from '../testing/talk.ts';

const agent = { kind: SenderKind.SENDER_KIND_AGENT, displayName: 'Pond advisor', externalId: 'agent-7' };
const guest = { kind: SenderKind.SENDER_KIND_GUEST, displayName: 'Buyer', externalId: 'ig:123456789' };
const aiMetadata = {
  model: 'small-1',
  tokensUsed: 321,
  responseTimeMs: 840,
  temperature: 0,
  finishReason: 'stop',
};
const origin = {
  source: 'instagram',
  externalId: 'mid_123456789',
  externalThreadId: 'thread_123',
  direction: OriginDirection.ORIGIN_DIRECTION_INBOUND,
};

describe('message.send by a domain server', () => {
  it('for an agent says how a model made it, and counts as unread', async () => {
    const { fish, ravi, pond } = await talk();
    const request = { conversationId: pond, content: textOf('Run the aerator'), sender: agent, aiMetadata };
    const message = needed((await fish('sendMessage', { ...request, clientMessageId: 'answer-1' })).message);
    expect(message).toMatchObject({ number: 1, aiMetadata, origin: undefined });
    expect(message.sender).toMatchObject({ ...agent, userKey: '', role: SenderRole.SENDER_ROLE_ASSISTANT });

    expect(await ravi.next('message.new')).toMatchObject({
      message: {
        sender: { kind: 'agent', role: 'assistant', external_id: 'agent-7', display_name: 'Pond advisor' },
        ai_metadata: {
          model: 'small-1',
          tokens_used: 321,
          response_time_ms: 840,
          temperature: 0,
          finish_reason: 'stop',
        },
      },
    });
    const his = await ravi.get(pond);
    expect(his.membership?.unreadCount).toBe(1);
    expect(his.lastMessage).toMatchObject({ senderKey: '', senderName: 'Pond advisor' });
    const [read] = (await ravi.messages(pond)).filter(({ number }) => number === 1);
    expect(read).toMatchObject({ aiMetadata });
    // A repeat is the same message; another answer under the same id is not.
    expect((await fish('sendMessage', { ...request, clientMessageId: 'answer-1' })).message).toEqual(message);
    const other = { ...request, clientMessageId: 'answer-1', aiMetadata: { ...aiMetadata, tokensUsed: 1 } };
    await expect(fish('sendMessage', other)).rejects.toEqual(refusal('REQUEST_ID_REUSED'));
  });

  it('for a guest says where it stands on the other network', async () => {
    const { fish, asha, pond } = await talk();
    const { message } = await fish('sendMessage', {
      conversationId: pond,
      content: textOf('Is shrimp left?'),
      sender: guest,
      origin,
    });
    expect(message).toMatchObject({ origin, sender: { ...guest, role: SenderRole.SENDER_ROLE_USER } });
    expect(await asha.next('message.new')).toMatchObject({
      message: {
        origin: {
          source: 'instagram',
          external_id: 'mid_123456789',
          external_thread_id: 'thread_123',
          direction: 'inbound',
        },
      },
    });
    // Passed on it is another message, which stands nowhere else.
    const own = await asha.call('createConversation', { type: 5 });
    const forwarded = await asha.call('forwardMessage', {
      conversationId: needed(own.conversation).conversationId,
      messageId: needed(message).messageId,
      fromConversationId: pond,
    });
    expect(forwarded.message).toMatchObject({ origin: undefined, forwardedFrom: { forwardCount: 1 } });
  });

  it("for a user is that user's own message, under the name that is known of them", async () => {
    const { fish, asha, ravi, pond } = await talk();
    const sender = { kind: SenderKind.SENDER_KIND_USER, userKey: asha.key, displayName: 'Somebody else' };
    const outbound = { ...origin, direction: OriginDirection.ORIGIN_DIRECTION_OUTBOUND };
    const { message } = await fish('sendMessage', {
      conversationId: pond,
      content: textOf('Yes, 40 kg'),
      sender,
      origin: outbound,
    });
    expect(message?.sender).toMatchObject({ userKey: asha.key, displayName: 'Asha' });
    expect((await asha.get(pond)).membership?.unreadCount).toBe(0);
    expect((await ravi.get(pond)).membership?.unreadCount).toBe(1);
    expect((await asha.edit(needed(message), 'Yes, 45 kg')).content?.text).toBe('Yes, 45 kg');
    await ravi.read(pond);
    const { receipts } = await asha.call('listReceipts', needed(message));
    expect(receipts).toMatchObject([{ userKey: ravi.key, readAt: expect.any(Date) }]);
  });

  it('is refused for who is no member, in other accounts, and without a whole sender', async () => {
    const { fish, person, pond, chat } = await talk();
    const send = (request: object, call = fish) =>
      call('sendMessage', { conversationId: pond, content: textOf('x'), ...request });
    const meena = { kind: SenderKind.SENDER_KIND_USER, userKey: (await person('Meena')).key };
    await expect(send({ sender: meena })).rejects.toEqual(refusal('NOT_A_MEMBER'));
    const agri = callsOf(chat.host.asService({ kind: 'domain_server', key: 'agri', accountKeys: ['999999999999'] }));
    await expect(send({ sender: agent }, agri)).rejects.toEqual(refusal('CONVERSATION_NOT_FOUND'));
    const wrong = [
      {},
      { sender: { kind: SenderKind.SENDER_KIND_SYSTEM, externalId: 'fish' } },
      { sender: { kind: SenderKind.SENDER_KIND_USER } },
      { sender: { ...meena, externalId: 'x' } },
      { sender: { kind: SenderKind.SENDER_KIND_AGENT } },
      { sender: { ...guest, userKey: meena.userKey } },
      { sender: guest, aiMetadata },
      { sender: guest, origin: { ...origin, source: 'Not a word' } },
    ];
    for (const request of wrong) await expect(send(request)).rejects.toEqual(refusal('INVALID_REQUEST'));
  });

  it('is not for users: none speaks for another, nor tells of models and networks', async () => {
    const { asha, ravi, pond } = await talk();
    const sender = { kind: SenderKind.SENDER_KIND_USER, userKey: ravi.key };
    for (const more of [{ sender }, { aiMetadata }, { origin }]) {
      await expect(asha.send(pond, 'x', more)).rejects.toEqual(refusal('INVALID_REQUEST'));
    }
    expect(await ravi.texts(pond)).toEqual([]);
  });
});
