import { expect, it } from 'vitest';
import { ConversationType } from '../../gen/circuit/chat/v1/conversation.ts';
import { openDevice } from './testing/device.ts';
import { refusal } from './testing/refusal.ts';
import { talk } from './testing/talk.ts';

it('a user is known once a session is opened for them, before their first call', async () => {
  const { asha, chat, accountKey } = await talk();
  const userKey = `16${accountKey.slice(-10)}`;
  const create = () =>
    asha.call('createConversation', { type: ConversationType.CONVERSATION_TYPE_DIRECT, participantKeys: [userKey] });
  await expect(create()).rejects.toEqual(refusal('USER_NOT_FOUND'));

  const device = openDevice(chat.host, { userKey, accountKey });
  await device.follow();
  const { conversation } = await create();
  expect(await device.next('conversation.added')).toMatchObject({ conversation_id: conversation?.conversationId });
  device.close();

  // To an account that is not theirs no session is opened.
  const elsewhere = openDevice(chat.host, { userKey, accountKey: '988888888888' });
  await expect(elsewhere.follow()).rejects.toEqual(refusal('ACCOUNT_NOT_ALLOWED'));
  elsewhere.close();
});
