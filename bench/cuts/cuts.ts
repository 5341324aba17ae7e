// Every client is cut off for 2 s every 15 s while others talk: does everything come, in order and once, and how long
// does it take to be back? Apps on the SDK; each cut at a time of its own, and then all at the same moment.

import { registerUsers } from '../../tests/chaos/mesh/register-users.ts';
import { runLoad } from '../load/fork.ts';
import { account, type BenchMesh, openBenchMesh } from '../load/mesh.ts';
import { userKey } from '../load/talker.ts';
import { median } from '../median.ts';
import { quoted } from '../rounds.ts';
import type { Row } from '../row.ts';
import type { CutsResult, CutsTask, Person } from './cuts-load.ts';

const rooms = 10;
const ridersInRoom = 50;
const perSecond = 2;
const everyMs = 15_000;
const cutMs = 2_000;
const cuts = 4;
const goalMs = 500;

export async function rows(): Promise<readonly Row[]> {
  const mesh = await openBenchMesh();
  try {
    const people = await peopleOf(mesh);
    const apart = await measure(mesh, people, false);
    const atOnce = await measure(mesh, people, true);
    return [...rowsOf('each cut 2 s every 15 s', apart), ...rowsOf('all cut at once, 2 s every 15 s', atOnce)];
  } finally {
    await mesh.close();
  }
}

async function peopleOf(mesh: BenchMesh): Promise<readonly Person[]> {
  const keys = Array.from({ length: rooms * (ridersInRoom + 1) }, (_, at) => userKey(at));
  await registerUsers(mesh.grpc, await mesh.serviceToken(), account, keys);
  return Promise.all(keys.map(async (key) => ({ key, token: await mesh.tokenOf(key) })));
}

function measure(mesh: BenchMesh, people: readonly Person[], atOnce: boolean): Promise<CutsResult> {
  const of = (room: number) => people.slice(room * (ridersInRoom + 1), (room + 1) * (ridersInRoom + 1));
  const task: CutsTask = {
    port: mesh.port,
    rooms: Array.from({ length: rooms }, (_, room) => ({ sender: of(room)[0]!, riders: of(room).slice(1) })),
    perSecond,
    atOnce,
    everyMs,
    cutMs,
    cuts,
  };
  return runLoad<CutsTask, CutsResult>('cuts/cuts-load', task);
}

function rowsOf(name: string, result: CutsResult): Row[] {
  const { expected, delivered, twice, disordered, rounds, returns, overtaken, slowestMs, generator } = result;
  const clients = rooms * ridersInRoom;
  const talk = `${clients} SDKs in ${rooms} conversations, ${perSecond} messages/s in each; ${cuts} cuts of each`;
  const replay = median(rounds.map((round) => round.replayP99)).toFixed(0);
  const middle = median(rounds.map((round) => round.p50)).toFixed(0);
  return [
    {
      name: `${name}: delivered, in order, once`,
      value: ((delivered - twice - disordered) / expected) * 100,
      unit: '%',
      goal: 100,
      generator,
      note: `${talk}; ${delivered} of ${expected} came, ${twice} twice, ${disordered} out of order`,
    },
    {
      name: `${name}: back with nothing missing, p99`,
      ...quoted(rounds.map((round) => round.p99)),
      unit: 'ms',
      goal: goalMs,
      less: true,
      generator,
      note:
        'from the first step of the attempt that succeeds (ticket, socket, session) to the last missed message; ' +
        `the replay alone ${replay} ms at p99; ${returns} returns, ${overtaken} cuts before one was back, ` +
        `the median ${middle} ms, the slowest ${slowestMs.toFixed(0)} ms; ` +
        "when it is tried is the SDK's back-off, up to 1, then 2, then 4 s at random",
    },
  ];
}
