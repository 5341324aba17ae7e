import { describe, expect, it } from 'vitest';
import { MessageStatus } from '../../../gen/circuit/chat/v1/message.ts';
import { refusal } from '../testing/refusal.ts';
import { talk } from '../testing/talk.ts';

describe('message.get', () => {
  it('finds a message by its id, also without its conversation', async () => {
    const { asha, ravi, pond } = await talk();
    const { messageId } = await asha.send(pond, 'DO is 2.1');
    const { message } = await ravi.call('getMessage', { messageId });
    expect(message).toMatchObject({ messageId, conversationId: pond, content: { text: 'DO is 2.1' } });
    expect(message?.status).toBe(MessageStatus.MESSAGE_STATUS_UNSPECIFIED);
  });

  it('finds nothing for strangers, in no account', async () => {
    const { asha, pond, person, stranger } = await talk();
    const { messageId, conversationId } = await asha.send(pond, 'DO is 2.1');
    const meena = await person('Meena');
    await expect(meena.call('getMessage', { messageId, conversationId })).rejects.toEqual(refusal('NOT_A_MEMBER'));
    const other = await stranger();
    await expect(other.call('getMessage', { messageId })).rejects.toEqual(refusal('MESSAGE_NOT_FOUND'));
    await expect(other.call('getMessage', { messageId, conversationId })).rejects.toEqual(
      refusal('CONVERSATION_NOT_FOUND'),
    );
  });
});
