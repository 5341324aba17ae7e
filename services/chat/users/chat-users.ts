import type { Collection } from '../../../mesh/store/collection.ts';

export const chatUsers: Collection = {
  name: 'chat_users',
  purpose: 'Users that chat knows: their account, and the name and picture that others see.',
  shardKey: { _id: 1 },
  indexes: [{ name: 'account', key: { account_key: 1, _id: 1 }, serves: "An account's users." }],
};
