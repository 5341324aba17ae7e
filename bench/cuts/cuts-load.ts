// Riders of whom each is cut for a while again and again, each at a time of their own or all at once; and somebody in
// each conversation whose line holds, and who sends.

import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { serveLoad } from '../load/fork.ts';
import { ownShare } from '../load/own-share.ts';
import { conversationOf, openTalker, type Talker } from '../load/talker.ts';
import { Rider } from './rider.ts';
import { sumOf, type Tally, tallyOf } from './tally.ts';

export type Person = { readonly key: string; readonly token: string };
export type CutsTask = {
  readonly port: number;
  /** Conversations. */
  readonly rooms: readonly { readonly sender: Person; readonly riders: readonly Person[] }[];
  /** Messages a second in each conversation. */
  readonly perSecond: number;
  /** Every rider is cut at the same moment. */
  readonly atOnce: boolean;
  readonly everyMs: number;
  readonly cutMs: number;
  readonly cuts: number;
};

/** Of the returns after the n-th cut of each; milliseconds. */
export type CutsRound = { readonly p50: number; readonly p99: number; readonly replayP99: number };
export type CutsResult = Tally & {
  readonly rounds: readonly CutsRound[];
  readonly returns: number;
  /** Cuts that came before a client was back from the one before. */
  readonly overtaken: number;
  readonly slowestMs: number;
  readonly generator: number;
};

type Room = {
  readonly conversation: string;
  readonly sender: Talker;
  readonly sent: number[];
  readonly riders: Rider[];
};

/** By then everybody is back, and what was missed last has come. */
const settleMsMax = 30_000;

serveLoad<CutsTask, CutsResult>(async (task) => {
  let look = () => {};
  const rooms: Room[] = [];
  for (const room of task.rooms) rooms.push(await openRoom(task.port, room, () => look()));
  const riders = rooms.flatMap((room) => room.riders);
  const share = ownShare();
  await talkAndCut(task, rooms, riders);
  const generator = share();

  await new Promise<void>((resolve) => {
    const unsettled = new Set(rooms.flatMap(({ sent, riders }) => riders.map((rider) => ({ rider, sent }))));
    look = () => {
      for (const one of unsettled) {
        const { seen, returns, overtaken } = one.rider;
        if (seen.length < one.sent.length || returns.length + overtaken < task.cuts) return;
        unsettled.delete(one);
      }
      resolve();
    };
    setTimeout(resolve, settleMsMax);
    look();
  });
  const returns = riders.flatMap((rider) => rider.returns);
  for (const rider of riders) rider.close();
  for (const room of rooms) room.sender.close();
  return {
    ...sumOf(
      rooms.map(({ sent, riders }) =>
        tallyOf(
          sent,
          riders.map(({ seen }) => seen),
        ),
      ),
    ),
    rounds: Array.from({ length: task.cuts }, (_, n) => roundOf(returns.filter(({ cut }) => cut === n))),
    returns: returns.length,
    overtaken: riders.reduce((sum, rider) => sum + rider.overtaken, 0),
    slowestMs: Math.max(...returns.map(({ ms }) => ms)),
    generator,
  };
});

async function openRoom(port: number, room: CutsTask['rooms'][number], onProgress: () => void): Promise<Room> {
  const sender = await openTalker(port, room.sender.token);
  const others = room.riders.map((rider) => rider.key);
  const conversation = await conversationOf(sender, others, `cuts ${randomUUID()}`);
  const riders = room.riders.map(({ token }) => new Rider(`http://127.0.0.1:${port}`, token, onProgress));
  await Promise.all(riders.map((rider) => rider.online()));
  return { conversation, sender, sent: [], riders };
}

/** Ends when everybody's last cut is mended. */
async function talkAndCut(task: CutsTask, rooms: readonly Room[], riders: readonly Rider[]): Promise<void> {
  const failures: unknown[] = [];
  const sends: Promise<void>[] = [];
  const timer = setInterval(() => {
    for (const room of rooms) sends.push(say(room).catch((error: unknown) => void failures.push(error)));
  }, 1_000 / task.perSecond);
  await Promise.all(
    riders.map(async (rider, at) => {
      await delay(task.atOnce ? task.everyMs - task.cutMs : (at / riders.length) * task.everyMs);
      for (let n = 0; n < task.cuts; n++) {
        if (n > 0) await delay(task.everyMs - task.cutMs);
        rider.cut();
        await delay(task.cutMs);
        rider.mend();
      }
    }),
  );
  clearInterval(timer);
  await Promise.all(sends);
  if (failures.length > 0) throw new Error(`${failures.length} sends failed, the first with ${failures[0]}`);
}

async function say({ conversation, sender, sent }: Room): Promise<void> {
  const { message } = await sender.call<{ message: { seq: number } }>('message.send', {
    conversation_id: conversation,
    client_message_id: randomUUID(),
    content: { type: 'text', text: 'Oxygen in pond A1 is 2.1 mg/L and falling; both aerators run.' },
  });
  sent.push(message.seq);
}

function roundOf(returns: readonly { readonly ms: number; readonly replayMs: number }[]): CutsRound {
  const at = (values: readonly number[], share: number) =>
    [...values].sort((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * share))] ?? Number.NaN;
  const all = returns.map(({ ms }) => ms);
  const replays = returns.map(({ replayMs }) => replayMs);
  return { p50: at(all, 0.5), p99: at(all, 0.99), replayP99: at(replays, 0.99) };
}
