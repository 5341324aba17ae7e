// What of MongoDB the services use, held against what docs/store.md says: so that a compatible engine, or the embedded
// store, knows what it must do.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Db } from 'mongodb';
import { describe, expect, it } from 'vitest';
import { openTestHost } from '../../mesh/host/testing.ts';
import type { Collection } from '../../mesh/store/collection.ts';
import { counters, openIds } from '../../mesh/store/ids.ts';
import { migrate } from '../../mesh/store/migrate.ts';
import { silentLog } from '../../mesh/telemetry/log.ts';
import { chatService } from '../../services/chat/service.ts';
import { callsOf, openPerson } from '../../services/chat/testing/person.ts';
import { openTestStore } from '../support/store.ts';

const root = join(import.meta.dirname, '../..');
/** Not of the application: the driver's own. */
const ofTheDriver = new Set(['hello', 'ping', 'endSessions', 'killCursors']);

/** The words in code marks of a row of the page's table. */
function listed(row: string): string[] {
  const page = readFileSync(join(root, 'docs/store.md'), 'utf8');
  const line = page.split('\n').find((each) => each.startsWith(`| ${row} |`)) ?? '';
  return [...line.matchAll(/`([^`]+)`/g)].map(([, word]) => word as string).sort();
}

describe('what the services use of MongoDB', () => {
  it('are the operators that the page lists, no more and no fewer', () => {
    const sources = ['services', 'mesh/store'].flatMap((folder) =>
      readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).map((file) => join(folder, file)),
    );
    const code = sources.filter((file) => /\.ts$/.test(file) && !/\.test\.ts$|\/testing\//.test(file));
    const used = code.flatMap((file) => [
      ...readFileSync(join(root, file), 'utf8').matchAll(/(\$[a-z][A-Za-z]+)\b'?:/g),
    ]);
    // `$case` tells the members of a oneof apart.
    const operators = new Set(used.map(([, operator]) => operator).filter((operator) => operator !== '$case'));
    expect([...operators].sort()).toEqual([...listed('update operators'), ...listed('query operators')].sort());
  });

  it('are only commands that the page lists, in migrations and a day of chat', async () => {
    const commands = new Set<string>();
    await dayOfChat((command) => commands.add(command));
    const unlisted = [...commands].filter((name) => !ofTheDriver.has(name) && !listed('commands').includes(name));
    expect(unlisted).toEqual([]);
    for (const name of ['insert', 'create', 'createIndexes', 'collMod']) expect(commands).toContain(name);
  });
});

/** Makes the collections as an older release might have declared them, and then as they are. */
async function migrateTwice(db: Db): Promise<void> {
  const now: readonly Collection[] = [...chatService.collections, counters];
  const before = now.map((collection) => ({
    ...collection,
    indexes: collection.indexes.map((index) => ({
      ...index,
      ...(index.expireAfterSeconds === undefined ? {} : { expireAfterSeconds: index.expireAfterSeconds + 1 }),
    })),
  }));
  for (const collections of [before, now]) {
    await migrate({ db, collections, log: silentLog(), signal: AbortSignal.timeout(30_000) });
  }
}

/** A day's chat on a store whose commands are watched. */
async function dayOfChat(onCommand: (name: string) => void): Promise<void> {
  const store = await openTestStore({ onCommand: (command) => onCommand(Object.keys(command)[0] ?? '') });
  await migrateTwice(store.db);
  const ids = openIds({ db: store.db, key: 'a key for tests' });
  const host = await openTestHost({ services: [chatService], db: store.db, ids });
  try {
    const accountKey = '900000000077';
    const asha = openPerson(host, { key: '170000000001', name: 'Asha', accountKey });
    const ravi = openPerson(host, { key: '170000000002', name: 'Ravi', accountKey });
    await Promise.all([asha.call('listConversations'), ravi.call('listConversations')]);
    const { conversation } = await asha.call('createConversation', {
      type: 2,
      info: { name: 'Pond A1' },
      participantKeys: [ravi.key],
    });
    const conversationId = conversation?.conversationId as string;
    const sent = await asha.send(conversationId, 'DO is 3.1');
    await asha.edit(sent, 'DO is 2.1');
    await ravi.react(sent, '🐟');
    await ravi.read(conversationId);
    await ravi.call('markDelivered', { positions: [{ conversationId, seq: sent.seq }] });
    await ravi.unreact(sent, '🐟');
    await ravi.hide(sent);
    await asha.call('listReceipts', { conversationId, messageId: sent.messageId });
    await asha.call('listEdits', { conversationId, messageId: sent.messageId });
    await asha.messages(conversationId);
    await asha.call('sync', { positions: [{ topic: `c:${conversationId}`, seq: 0 }] });
    await asha.call('pinConversation', { conversationId, pinned: true });
    await asha.delete(sent);
    await asha.call('removeMember', { conversationId, userKey: ravi.key });
    const fish = callsOf(host.asService({ kind: 'domain_server', key: 'fish', accountKeys: [accountKey] }));
    await fish('putUsers', { accountKey, users: [{ userKey: '170000000003', displayName: 'Kiran' }] });
    await asha.call('addMembers', { conversationId, userKeys: ['170000000003'] });
    await asha.call('leaveConversation', { conversationId });
    asha.device.close();
    ravi.device.close();
  } finally {
    await host.close();
    await store.close();
  }
}
