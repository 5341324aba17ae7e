import { describe, expect, it } from 'vitest';
import { MessageStatus } from '../../../gen/circuit/chat/v1/message.ts';
import { refusal } from '../testing/refusal.ts';
import { talk } from '../testing/talk.ts';

describe('conversation.read', () => {
  it("counts down, tells the sender, and shows on the sender's message", async () => {
    const { asha, ravi, pond } = await talk();
    const first = await asha.send(pond, 'one');
    await asha.send(pond, 'two');
    await ravi.read(pond, first.seq);

    expect((await ravi.get(pond)).membership).toMatchObject({ unreadCount: 1, readSeq: first.seq });
    expect(await asha.next('delivery.status')).toMatchObject({
      conversation_id: pond,
      user_key: ravi.key,
      read_seq: first.seq,
      delivered_seq: first.seq,
    });
    const own = (await asha.messages(pond)).filter((message) => message.number > 0);
    expect(own.map((message) => message.status)).toEqual([
      MessageStatus.MESSAGE_STATUS_READ,
      MessageStatus.MESSAGE_STATUS_SENT,
    ]);
  });

  it("reaches the reader's other devices", async () => {
    const { asha, ravi, pond } = await talk();
    const sent = await asha.send(pond, 'one');
    await ravi.read(pond);
    expect(await ravi.next('membership.updated')).toMatchObject({
      changes: [{ conversation_id: pond, membership: { read_seq: sent.seq } }],
    });
  });

  it('only rises, and never above the head', async () => {
    const { asha, ravi, pond } = await talk();
    const first = await asha.send(pond, 'one');
    const second = await asha.send(pond, 'two');
    await ravi.read(pond, 1_000_000);
    expect((await ravi.get(pond)).membership?.readSeq).toBe(second.seq);
    await ravi.read(pond, first.seq);
    expect((await ravi.get(pond)).membership).toMatchObject({ readSeq: second.seq, unreadCount: 0 });
    await asha.send(pond, 'three');
    expect((await ravi.get(pond)).membership?.unreadCount).toBe(1);
  });

  it('goes by a message as well, not by both', async () => {
    const { asha, ravi, pond } = await talk();
    const { messageId, seq } = await asha.send(pond, 'one');
    await asha.send(pond, 'two');
    await ravi.call('markRead', { conversationId: pond, messageId });
    expect((await ravi.get(pond)).membership?.readSeq).toBe(seq);
    await expect(ravi.call('markRead', { conversationId: pond, messageId, seq })).rejects.toEqual(
      refusal('INVALID_REQUEST'),
    );
  });

  it('goes by a notice of membership, which may be the last that an app shows', async () => {
    const { asha, ravi, pond, person } = await talk();
    await asha.send(pond, 'one');
    await asha.call('addMembers', { conversationId: pond, userKeys: [(await person('Meena')).key] });
    const { messageId, seq } = (await ravi.messages(pond)).at(-1)!;
    await ravi.call('markRead', { conversationId: pond, messageId });
    expect((await ravi.get(pond)).membership).toMatchObject({ readSeq: seq, unreadCount: 0 });
    const nobody = { conversationId: pond, messageId: '999999999999' };
    await expect(ravi.call('markRead', nobody)).rejects.toEqual(refusal('MESSAGE_NOT_FOUND'));
  });

  it('is for members', async () => {
    const { pond, person } = await talk();
    await expect((await person('Meena')).read(pond)).rejects.toEqual(refusal('NOT_A_MEMBER'));
  });
});
