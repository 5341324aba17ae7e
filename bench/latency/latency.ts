// From a person's send to the other's screen, stored on the way, while a thousand people talk.

import { runLoad } from '../load/fork.ts';
import { openBenchMesh } from '../load/mesh.ts';
import { userKey } from '../load/talker.ts';
import { quoted } from '../rounds.ts';
import type { Row } from '../row.ts';
import { figure } from '../words.ts';
import type { LatencyResult, LatencyTask } from './latency-load.ts';

const people = 1_000;
const perSecond = 1_000;

export async function rows(): Promise<readonly Row[]> {
  const mesh = await openBenchMesh();
  try {
    const tokens = await Promise.all(Array.from({ length: people }, (_, index) => mesh.tokenOf(userKey(index))));
    const task: LatencyTask = { port: mesh.port, tokens, perSecond, warmUpMs: 5_000, rounds: 5, roundMs: 5_000 };
    const result = await runLoad<LatencyTask, LatencyResult>('latency/latency-load', task);
    const { rounds, delivered, sent, generator, lateMs } = result;
    if (delivered !== sent) throw new Error(`${delivered} of ${sent} were delivered`);
    const slowest = Math.max(...rounds.map((round) => round.max));
    const name = `send → delivered, ${figure(people)} people, ${figure(perSecond)} messages/s`;
    const common = { unit: 'ms', generator };
    return [
      {
        name: `${name}, median`,
        ...quoted(rounds.map((round) => round.p50)),
        ...common,
        note: `all of ${sent} delivered, the slowest in ${slowest.toFixed(0)} ms; the load generator on the same cores`,
      },
      {
        name: `${name}, p99`,
        ...quoted(rounds.map((round) => round.p99)),
        ...common,
        goal: 50,
        less: true,
        note: `of it the load generator's own loop is late by ${lateMs.toFixed(1)} ms at p99`,
      },
    ];
  } finally {
    await mesh.close();
  }
}
