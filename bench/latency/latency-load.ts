// A thousand people in pairs, a thousand messages a second among them: how long from send to the other's socket.

import { randomUUID } from 'node:crypto';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { serveLoad } from '../load/fork.ts';
import { ownShare } from '../load/own-share.ts';
import { conversationOf, openTalker, type Talker, userKey } from '../load/talker.ts';

export type LatencyTask = {
  readonly port: number;
  readonly tokens: readonly string[];
  readonly perSecond: number;
  readonly warmUpMs: number;
  readonly rounds: number;
  readonly roundMs: number;
};
/** Times in milliseconds. */
export type LatencyRound = { readonly p50: number; readonly p99: number; readonly max: number };
export type LatencyResult = {
  readonly rounds: readonly LatencyRound[];
  readonly delivered: number;
  readonly sent: number;
  /** The share of a core that this process used, and how late its own loop was at p99: that much is not the mesh's. */
  readonly generator: number;
  readonly lateMs: number;
};

const tickMs = 5;
/** What is on its way at the end comes within this, or never. */
const settleMsMax = 15_000;
const mark = Buffer.from('sent at ');

serveLoad<LatencyTask, LatencyResult>(async ({ port, tokens, perSecond, warmUpMs, rounds, roundMs }) => {
  const talkers: Talker[] = [];
  for (let at = 0; at < tokens.length; at += 50) {
    talkers.push(...(await Promise.all(tokens.slice(at, at + 50).map((token) => openTalker(port, token)))));
  }
  const conversations: string[] = [];
  for (let pair = 0; pair + 1 < talkers.length; pair += 2) {
    conversations.push(await conversationOf(talkers[pair]!, [userKey(pair + 1)], randomUUID()));
  }
  /** By the round in which they were sent. */
  const samples: number[][] = Array.from({ length: rounds }, () => []);
  let delivered = 0;
  let cameIn = () => {};
  let sent = 0;
  /** What is sent from now on counts. */
  let from = Number.POSITIVE_INFINITY;
  let refused = 0;
  talkers.forEach((talker, index) => {
    talker.onReply = (_, ok) => {
      if (!ok) refused += 1;
    };
    // The sender's own copy does not count.
    if (index % 2 === 0) return;
    talker.onEvent = (payload) => {
      const at = payload.indexOf(mark);
      if (at < 0) return;
      const sentAt = Number.parseFloat(payload.toString('latin1', at + mark.length, at + mark.length + 24));
      if (sentAt < from) return;
      delivered += 1;
      samples[Math.min(rounds - 1, Math.floor((sentAt - from) / roundMs))]?.push(performance.now() - sentAt);
      cameIn();
    };
  });
  let turn = 0;
  const started = performance.now();
  let given = 0;
  const timer = setInterval(() => {
    const due = Math.floor(((performance.now() - started) / 1_000) * perSecond);
    for (; given < due; given++) {
      const pair = turn++ % conversations.length;
      if (performance.now() >= from) sent += 1;
      talkers[pair * 2]!.post('message.send', {
        conversation_id: conversations[pair]!,
        client_message_id: randomUUID(),
        content: { type: 'text', text: `Oxygen is 2.1 mg/L, sent at ${performance.now().toFixed(3)} ms` },
      });
    }
  }, tickMs);
  await new Promise((resolve) => setTimeout(resolve, warmUpMs));
  const share = ownShare();
  const loop = monitorEventLoopDelay({ resolution: 1 });
  loop.enable();
  from = performance.now();
  await new Promise((resolve) => setTimeout(resolve, rounds * roundMs));
  const generator = share();
  const lateMs = Math.max(0, loop.percentile(99) / 1e6 - 1);
  clearInterval(timer);
  await new Promise<void>((resolve) => {
    setTimeout(resolve, settleMsMax);
    cameIn = () => delivered >= sent && resolve();
    cameIn();
  });
  if (refused > 0) throw new Error(`${refused} sends were refused`);
  return { rounds: samples.map(roundOf), delivered, sent, generator, lateMs };
});

function roundOf(samples: number[]): LatencyRound {
  samples.sort((a, b) => a - b);
  const at = (share: number) => samples[Math.min(samples.length - 1, Math.floor(samples.length * share))] ?? Number.NaN;
  return { p50: at(0.5), p99: at(0.99), max: samples.at(-1) ?? Number.NaN };
}
