// Chat in a real host on a real store, both on loopback: what every handler's test talks to.

import type { Document } from 'mongodb';
import { openTestHost, type TestHost } from '../../../mesh/host/testing.ts';
import { counters, openIds } from '../../../mesh/store/ids.ts';
import { openTestStore, type TestStore } from '../../../tests/support/store.ts';
import { watchTenancy } from '../../../tests/support/tenancy.ts';
import { openChatState } from '../open-chat-state.ts';
import { chatService } from '../service.ts';

/** Tests change settings in quick succession, and need not wait a second for each. */
const gatherMs = 50;

const tenantCollections = new Set(chatService.collections.map(({ name }) => name));

export type TestChat = {
  readonly host: TestHost;
  readonly store: TestStore;
  /** Moves the time that services see forward. */
  move(ms: number): void;
  now(): number;
  close(): Promise<void>;
};

/** Opens both. The caller closes. `onCommand` is told of every command that chat sends to the store. */
export async function openChat(onCommand?: (command: Document) => void): Promise<TestChat> {
  let ahead = 0;
  const now = () => Date.now() + ahead;
  const collections = [...chatService.collections, counters];
  const tenancy = watchTenancy(tenantCollections, {
    'conversations find _id': 'Whose it is stands in it, and is compared with the caller: #admit.',
    'conversations find _id,last_seq': 'Edges ask for the heads of topics of all accounts at once.',
    'chat_users find _id': 'A user belongs to one account: which one is what is asked.',
    'conversations find open_until': 'The sweep looks after logs whose process died, whosever they are.',
    'user_logs find open_until': 'The same sweep.',
    'user_logs find compact_at': 'The sweep of logs with old entries, whosever they are.',
    'user_logs find _id': "The key is the user's, who belongs to one account: which one stands in it.",
  });
  const store = await openTestStore({
    collections,
    onCommand(command) {
      tenancy.onCommand(command);
      onCommand?.(command);
    },
  });
  const ids = openIds({ db: store.db, key: 'a key for tests' });
  const host = await openTestHost({
    services: [{ ...chatService, open: (ground) => openChatState(ground, { gatherMs }) }],
    db: store.db,
    ids,
    clock: now,
  });
  return {
    host,
    store,
    now,
    move(ms) {
      ahead += ms;
    },
    async close() {
      await host.close();
      await store.close();
      tenancy.check();
    },
  };
}
