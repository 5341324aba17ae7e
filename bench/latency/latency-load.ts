// A thousand people in pairs, a thousand messages a second among them: how long from send to the other's socket.

import { randomUUID } from 'node:crypto';
import { serveLoad } from '../load/fork.ts';
import { conversationOf, openTalker, type Talker, userKey } from '../load/talker.ts';

export type LatencyTask = {
  readonly port: number;
  readonly tokens: readonly string[];
  readonly perSecond: number;
  readonly warmUpMs: number;
  readonly measureMs: number;
};
export type LatencyResult = {
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
  readonly delivered: number;
  readonly sent: number;
};

const tickMs = 5;
const mark = Buffer.from('sent at ');

serveLoad<LatencyTask, LatencyResult>(async ({ port, tokens, perSecond, warmUpMs, measureMs }) => {
  const talkers: Talker[] = [];
  for (let at = 0; at < tokens.length; at += 50) {
    talkers.push(...(await Promise.all(tokens.slice(at, at + 50).map((token) => openTalker(port, token)))));
  }
  const conversations: string[] = [];
  for (let pair = 0; pair + 1 < talkers.length; pair += 2) {
    conversations.push(await conversationOf(talkers[pair]!, [userKey(pair + 1)], randomUUID()));
  }
  const samples: number[] = [];
  let sent = 0;
  let measuring = false;
  let refused = 0;
  talkers.forEach((talker, index) => {
    talker.onReply = (_, ok) => {
      if (!ok) refused += 1;
    };
    // The sender's own copy does not count.
    if (index % 2 === 0) return;
    talker.onEvent = (payload) => {
      const at = payload.indexOf(mark);
      if (!measuring || at < 0) return;
      samples.push(
        performance.now() - Number.parseFloat(payload.toString('latin1', at + mark.length, at + mark.length + 24)),
      );
    };
  });
  let turn = 0;
  const started = performance.now();
  let given = 0;
  const timer = setInterval(() => {
    const due = Math.floor(((performance.now() - started) / 1_000) * perSecond);
    for (; given < due; given++) {
      const pair = turn++ % conversations.length;
      if (measuring) sent += 1;
      talkers[pair * 2]!.post('message.send', {
        conversation_id: conversations[pair]!,
        client_message_id: randomUUID(),
        content: { type: 'text', text: `Oxygen is 2.1 mg/L, sent at ${performance.now().toFixed(3)} ms` },
      });
    }
  }, tickMs);
  await new Promise((resolve) => setTimeout(resolve, warmUpMs));
  measuring = true;
  await new Promise((resolve) => setTimeout(resolve, measureMs));
  clearInterval(timer);
  await new Promise((resolve) => setTimeout(resolve, 1_000));
  if (refused > 0) throw new Error(`${refused} sends were refused`);
  samples.sort((a, b) => a - b);
  const at = (share: number) => samples[Math.min(samples.length - 1, Math.floor(samples.length * share))] ?? Number.NaN;
  return { p50: at(0.5), p99: at(0.99), max: samples.at(-1) ?? Number.NaN, delivered: samples.length, sent };
});
