// From a person's send to the other's screen, stored on the way, while a thousand people talk.

import { runLoad } from '../load/fork.ts';
import { openBenchMesh } from '../load/mesh.ts';
import { userKey } from '../load/talker.ts';
import type { Row } from '../row.ts';
import type { LatencyResult, LatencyTask } from './latency-load.ts';

const people = 1_000;
const perSecond = 1_000;

export async function rows(): Promise<readonly Row[]> {
  const mesh = await openBenchMesh();
  try {
    const tokens = await Promise.all(Array.from({ length: people }, (_, index) => mesh.tokenOf(userKey(index))));
    const task: LatencyTask = { port: mesh.port, tokens, perSecond, warmUpMs: 5_000, measureMs: 20_000 };
    const { p50, p99, max, delivered, sent, cpuSeconds } = await runLoad<LatencyTask, LatencyResult>(
      'latency/latency-load',
      task,
    );
    const load = `the load generator used ${cpuSeconds.toFixed(0)} s of processor time on the same two cores`;
    const note = `${delivered} of ${sent} delivered, the slowest in ${max.toFixed(0)} ms; ${load}.`;
    const name = `send → delivered, ${people} people, ${perSecond} messages/s`;
    return [
      { name: `${name}, median`, value: p50, unit: 'ms', note },
      { name: `${name}, p99`, value: p99, unit: 'ms', goal: 50, less: true, note: '' },
    ];
  } finally {
    await mesh.close();
  }
}
