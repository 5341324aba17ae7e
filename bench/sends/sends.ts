// Sends that are stored for good and delivered, from socket to socket through three processes, against the store's own
// bulk inserts of the same documents and against one unary gRPC call a send.

import { type Document, MongoClient } from 'mongodb';
import { migrate } from '../../mesh/store/migrate.ts';
import { silentLog } from '../../mesh/telemetry/log.ts';
import { collections } from '../../services/chat/collections.ts';
import { runLoad } from '../load/fork.ts';
import { type BenchMesh, openBenchMesh } from '../load/mesh.ts';
import { userKey } from '../load/talker.ts';
import { median } from '../median.ts';
import type { Row } from '../row.ts';
import type { SendResult, SendTask } from './send-load.ts';
import type { UnaryTask } from './unary-load.ts';

const sockets = 32;
const window = 32;
const rounds = 3;
const warmUpMs = 3_000;
const measureMs = 5_000;
const batch = 500;

export async function rows(): Promise<readonly Row[]> {
  const mesh = await openBenchMesh();
  try {
    const sends: number[] = [];
    const unary: number[] = [];
    const bulk: number[] = [];
    let load = 0;
    for (let round = 0; round < rounds; round++) {
      const tokens = await Promise.all(Array.from({ length: sockets }, (_, index) => mesh.tokenOf(userKey(index))));
      const task: SendTask = { port: mesh.port, tokens, window, warmUpMs, measureMs };
      const sent = await runLoad<SendTask, SendResult>('sends/send-load', task);
      if (sent.refused > 0) throw new Error(`${sent.refused} sends were refused`);
      sends.push(sent.perSecond);
      load = sent.cpuSeconds / ((warmUpMs + measureMs) / 1_000);
      const one: UnaryTask = {
        address: mesh.grpc,
        token: tokens[0]!,
        conversation: sent.conversation,
        inFlight: 64,
        warmUpMs: 1_000,
        measureMs: 3_000,
      };
      unary.push((await runLoad<UnaryTask, { perSecond: number }>('sends/unary-load', one)).perSecond);
      bulk.push(await bulkInserts(mesh));
    }
    return table(median(sends), median(bulk), median(unary), load);
  } finally {
    await mesh.close();
  }
}

function table(sends: number, bulk: number, unary: number, load: number): Row[] {
  const talk = `${sockets} sockets, ${window} in flight each, ${sockets / 2} conversations of two`;
  const how = `${talk}; median of ${rounds} rounds. `;
  const generator = `The load generator used ${(load * 100).toFixed(0)} % of a core beside the three processes.`;
  return [
    {
      name: 'sends, stored and delivered',
      value: sends,
      unit: 'acknowledged/s',
      ratio: sends / bulk,
      of: 'raw bulk inserts',
      goal: 0.5,
      note: how + generator,
    },
    {
      name: 'the same',
      value: sends,
      unit: 'acknowledged/s',
      ratio: sends / unary,
      of: 'unary gRPC sends',
      goal: 10,
      note: 'Unary: one connection, 64 calls in flight, stored by the same appender.',
    },
    {
      name: 'raw bulk inserts',
      value: bulk,
      unit: 'documents/s',
      note: `The same documents and indexes, batches of ${batch}, by the official driver.`,
    },
    { name: 'unary gRPC sends', value: unary, unit: 'acknowledged/s', note: '' },
  ];
}

/** Inserts copies of a stored message into a collection of its own, with the same indexes. */
async function bulkInserts(mesh: BenchMesh): Promise<number> {
  const client = await MongoClient.connect(mesh.storeUri);
  try {
    const stored = await client.db('circuit').collection('messages').findOne({ kind: 'message' });
    if (!stored) throw new Error('there is no stored message to copy');
    const db = client.db(`bulk_${Date.now()}`);
    await migrate({ db, collections, log: silentLog(), signal: AbortSignal.timeout(60_000) });
    const target = db.collection<Document>('messages');
    let next = 0;
    const documents = () =>
      Array.from({ length: batch }, () => {
        next += 1;
        const id = String(next).padStart(12, '0');
        return { ...stored, _id: id as never, seq: next, number: next, request_id: `bulk-${id}` };
      });
    const end = performance.now() + measureMs;
    const started = performance.now();
    const writer = async () => {
      while (performance.now() < end) await target.insertMany(documents(), { ordered: false });
    };
    await Promise.all([writer(), writer()]);
    const perSecond = (next / (performance.now() - started)) * 1_000;
    await db.dropDatabase();
    return perSecond;
  } finally {
    await client.close();
  }
}
