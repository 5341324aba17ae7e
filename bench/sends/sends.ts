// Sends that are stored for good and delivered, from socket to socket through three processes, against the store's own
// bulk inserts of the same documents and against one unary gRPC call a send.

import { availableParallelism } from 'node:os';
import { type BulkResult, bulkInserts, bulkInsertsAre } from '../load/bulk-inserts.ts';
import { runLoad } from '../load/fork.ts';
import { openBenchMesh } from '../load/mesh.ts';
import { loadGenerator, spentOnEach } from '../load/processor-time.ts';
import { userKey } from '../load/talker.ts';
import { median } from '../median.ts';
import { against, quoted } from '../rounds.ts';
import type { Row } from '../row.ts';
import type { SendResult, SendTask } from './send-load.ts';
import type { UnaryResult, UnaryTask } from './unary-load.ts';

const sockets = 32;
const window = 32;
const conversations = sockets / 2;
const rounds = 3;
const warmUpMs = 3_000;
const measureMs = 5_000;

type Round = { readonly sends: SendResult; readonly unary: UnaryResult; readonly bulk: BulkResult };

export async function rows(): Promise<readonly Row[]> {
  const mesh = await openBenchMesh();
  try {
    const { processes } = mesh;
    const { edge: _, ...unaryProcesses } = processes;
    const measured: Round[] = [];
    for (let round = 0; round < rounds; round++) {
      const tokens = await Promise.all(Array.from({ length: sockets }, (_, index) => mesh.tokenOf(userKey(index))));
      const task: SendTask = { port: mesh.port, tokens, window, processes, warmUpMs, measureMs };
      const sends = await runLoad<SendTask, SendResult>('sends/send-load', task);
      if (sends.refused > 0) throw new Error(`${sends.refused} sends were refused`);
      const one: UnaryTask = {
        address: mesh.grpc,
        tokens: tokens.filter((_, index) => index % 2 === 0),
        conversations: sends.conversations,
        inFlight: 2 * window,
        processes: unaryProcesses,
        warmUpMs: 1_000,
        measureMs: 3_000,
      };
      const unary = await runLoad<UnaryTask, UnaryResult>('sends/unary-load', one);
      const bulk = await bulkInserts({
        uri: mesh.storeUri,
        from: 'circuit',
        conversations,
        measureMs,
        storePid: processes.store!,
      });
      measured.push({ sends, unary, bulk });
    }
    return table(measured);
  } finally {
    await mesh.close();
  }
}

function table(measured: readonly Round[]): Row[] {
  const sends = measured.map((round) => round.sends.perSecond);
  const unary = measured.map((round) => round.unary.perSecond);
  const bulk = measured.map((round) => round.bulk.perSecond);
  const last = measured.at(-1)!;
  const generator = last.sends.spent[loadGenerator]! / (measureMs * 1_000);
  return [
    {
      name: 'sends, stored and delivered',
      ...quoted(sends),
      unit: 'acknowledged/s',
      ...against(sends, bulk),
      of: 'raw bulk inserts',
      goal: 0.5,
      generator,
      note:
        `${sockets} sockets, ${window} in flight each, ${conversations} conversations of two. ` +
        `Processor time of a send: ${spentOnEach(last.sends.spent, last.sends.acknowledged)}`,
    },
    {
      name: 'sends, against unary gRPC',
      ...quoted(sends),
      unit: 'acknowledged/s',
      ...against(sends, unary),
      of: 'unary gRPC sends',
      goal: 10,
      note:
        'Unary: one connection, into the same conversations, as many in flight, stored by the same appender. ' +
        whatTenfoldTakes(median(unary), last.sends),
    },
    {
      name: 'raw bulk inserts',
      ...quoted(bulk),
      unit: 'documents/s',
      note:
        `${bulkInsertsAre(conversations)}. ` +
        `Processor time of a document: ${spentOnEach(last.bulk.spent, last.bulk.inserted)}`,
    },
    {
      name: 'unary gRPC sends',
      ...quoted(unary),
      unit: 'acknowledged/s',
      note: `Processor time of a send: ${spentOnEach(last.unary.spent, last.unary.acknowledged)}`,
    },
  ];
}

/** What ten times as many as unary calls would leave to each send of this machine, against what storing one takes. */
function whatTenfoldTakes(unaryPerSecond: number, { spent, acknowledged }: SendResult): string {
  const cores = availableParallelism();
  const budgetUs = (cores * 1e6) / (10 * unaryPerSecond);
  const storeUs = spent.store! / acknowledged;
  const budget = `${budgetUs.toFixed(0)} µs of ${cores} cores`;
  return `Ten times that would leave ${budget} to a send; the store alone takes ${storeUs.toFixed(0)}`;
}
