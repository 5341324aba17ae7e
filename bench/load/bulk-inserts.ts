// What the store does when nobody decides anything: the official driver's bulk inserts of copies of a stored message,
// into a database of their own with the same indexes, with ids as the id source gives them, in as many conversations.

import { type Document, MongoClient } from 'mongodb';
import { counters, openIds } from '../../mesh/store/ids.ts';
import { migrate } from '../../mesh/store/migrate.ts';
import { silentLog } from '../../mesh/telemetry/log.ts';
import { collections } from '../../services/chat/collections.ts';
import { messageId } from './message-id.ts';
import { processorTime, type SpentUs } from './processor-time.ts';

const batch = 500;
const writers = 2;
const idBlock = 10_000;

export type BulkOptions = {
  readonly uri: string;
  /** The database that holds a message to copy. */
  readonly from: string;
  /** The documents are spread over so many, one after the other. */
  readonly conversations: number;
  readonly measureMs: number;
  readonly storePid: number;
};

export type BulkResult = {
  /** Documents. */
  readonly perSecond: number;
  readonly inserted: number;
  readonly spent: SpentUs;
};

/** How it is done, for a row's note. */
export const bulkInsertsAre = (conversations: number): string =>
  `The same documents and indexes, ids as random, ${conversations} conversations; batches of ${batch}, ` +
  `${writers} at a time, by the official driver`;

export async function bulkInserts(options: BulkOptions): Promise<BulkResult> {
  const { uri, from, conversations, measureMs, storePid } = options;
  const client = await MongoClient.connect(uri);
  try {
    const stored = await client.db(from).collection('messages').findOne({ kind: 'message' });
    if (!stored) throw new Error('there is no stored message to copy');
    const db = client.db(`bulk_${Date.now()}`);
    const signal = AbortSignal.timeout(60_000);
    await migrate({ db, collections: [...collections, counters], log: silentLog(), signal });
    const target = db.collection<Document>('messages');
    const ids = openIds({ db, key: 'bulk', blockSize: idBlock });
    let next = 0;
    const copy = async () => {
      const number = Math.ceil(++next / conversations);
      const conversation_id = String(400_000_000_000 + (next % conversations));
      const _id = (await ids.next('message')) as never;
      return { ...stored, _id, conversation_id, seq: number, number, request_id: messageId() };
    };
    const spentSince = processorTime({ driver: process.pid, store: storePid });
    const started = performance.now();
    const end = started + measureMs;
    const writer = async () => {
      while (performance.now() < end) {
        await target.insertMany(await Promise.all(Array.from({ length: batch }, copy)), { ordered: false });
      }
    };
    await Promise.all(Array.from({ length: writers }, writer));
    const perSecond = (next / (performance.now() - started)) * 1_000;
    const spent = spentSince();
    await db.dropDatabase();
    return { perSecond, inserted: next, spent };
  } finally {
    await client.close();
  }
}
