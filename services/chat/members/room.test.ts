import { expect, it } from 'vitest';
import { talk } from '../testing/talk.ts';
import { openRoom } from './room.ts';

it('there is room until a user is in as many conversations as one may be', async () => {
  const { asha, ravi, pond, chat, accountKey, direct } = await talk();
  await direct(asha, ravi);
  const room = openRoom(chat.store.db, 2);
  const both = [asha.key, ravi.key];
  expect(await room.without(accountKey, both)).toEqual(new Set(both));
  await ravi.call('leaveConversation', { conversationId: pond });
  expect(await room.without(accountKey, both)).toEqual(new Set([asha.key]));
});
