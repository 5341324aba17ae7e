// Chat in a real host on a real store, both on loopback: what every handler's test talks to.

import type { Document } from 'mongodb';
import { openTestHost, type TestHost } from '../../../mesh/host/testing.ts';
import { counters, openIds } from '../../../mesh/store/ids.ts';
import { openTestStore, type TestStore } from '../../../tests/support/store.ts';
import { chatService } from '../service.ts';

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
  const store = await openTestStore({ collections, ...(onCommand && { onCommand }) });
  const ids = openIds({ db: store.db, key: 'a key for tests' });
  const host = await openTestHost({ services: [chatService], db: store.db, ids, clock: now });
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
    },
  };
}
