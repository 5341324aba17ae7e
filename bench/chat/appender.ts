// Sends that are stored for good in one process: the log alone, from the decision to the published event, without
// sockets or Links, against the store's own bulk inserts of the same documents.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connectStore } from '../../mesh/store/connect.ts';
import { counters, openIds } from '../../mesh/store/ids.ts';
import { migrate } from '../../mesh/store/migrate.ts';
import { silentLog } from '../../mesh/telemetry/log.ts';
import { collections } from '../../services/chat/collections.ts';
import { type ChatLogs, openLogs } from '../../services/chat/open-logs.ts';
import { bulkInserts, bulkInsertsAre } from '../load/bulk-inserts.ts';
import { openStoreProcess } from '../load/mesh.ts';
import { median } from '../median.ts';
import { against, quoted } from '../rounds.ts';
import type { Row } from '../row.ts';
import { makeConversation, sendAs } from './sending.ts';

const warmUpMs = 2_000;
const measureMs = 4_000;
const rounds = 3;
const bulkConversations = 1_000;

type Load = { readonly conversations: number; readonly inFlight: number; readonly name: string };

const loads: readonly Load[] = [
  { conversations: 1_000, inFlight: 1, name: 'sends into 1 000 conversations, 1 in flight in each' },
  { conversations: 16, inFlight: 64, name: 'sends into 16 conversations, 64 in flight in each' },
  { conversations: 1, inFlight: 500, name: 'sends into one conversation, 500 in flight' },
];

export async function rows(): Promise<readonly Row[]> {
  const folder = await mkdtemp(join(tmpdir(), 'circuit-bench-'));
  const store = await openStoreProcess(folder);
  const connection = await connectStore({ uri: store.uri, log: silentLog() });
  const { db } = connection;
  try {
    const signal = AbortSignal.timeout(60_000);
    await migrate({ db, collections: [...collections, counters], log: silentLog(), signal });
    const ids = openIds({ db, key: 'bench', blockSize: 10_000 });
    const logs = openLogs({ db, ids, bus: { publish() {} }, log: silentLog(), clock: Date.now });
    const measured = new Map<string, number[]>();
    const note = (name: string, perSecond: number) => measured.set(name, [...(measured.get(name) ?? []), perSecond]);
    for (let round = 0; round < rounds; round++) {
      for (const load of loads) note(load.name, await sends(logs, load));
      const from = { uri: store.uri, from: db.databaseName, storePid: store.pid };
      note('raw', (await bulkInserts({ ...from, conversations: bulkConversations, measureMs })).perSecond);
    }
    await logs.close();
    const raw = measured.get('raw')!;
    const how = `One process, the store beside it. Raw, ${Math.round(median(raw))} documents/s:`;
    return loads.map(({ name }) => {
      const stored = measured.get(name)!;
      return {
        name,
        ...quoted(stored),
        unit: 'stored/s',
        ...against(stored, raw),
        of: 'raw bulk inserts',
        goal: 0.5,
        note: `${how} ${bulkInsertsAre(bulkConversations)}`,
      };
    });
  } finally {
    await connection.close();
    await store.close();
    await rm(folder, { recursive: true, force: true });
  }
}

async function sends(logs: ChatLogs, { conversations, inFlight }: Load): Promise<number> {
  const ids = await Promise.all(Array.from({ length: conversations }, (_, at) => makeConversation(logs, at)));
  let stored = 0;
  let over = false;
  const talkers = ids.flatMap(({ conversationId, userKeys }) =>
    Array.from({ length: inFlight }, async (_, at) => {
      while (!over) {
        await sendAs(logs, conversationId, userKeys[at % userKeys.length]!);
        stored++;
      }
    }),
  );
  await new Promise((resolve) => setTimeout(resolve, warmUpMs));
  const [before, started] = [stored, performance.now()];
  await new Promise((resolve) => setTimeout(resolve, measureMs));
  const perSecond = ((stored - before) / (performance.now() - started)) * 1_000;
  over = true;
  await Promise.all(talkers);
  return perSecond;
}
