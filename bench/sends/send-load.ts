// Sends as fast as answers come: each socket keeps a window of unanswered messages in one conversation.

import { randomUUID } from 'node:crypto';
import { serveLoad } from '../load/fork.ts';
import { messageId } from '../load/message-id.ts';
import { loadGenerator, processorTime, type SpentUs } from '../load/processor-time.ts';
import { conversationOf, openTalker, userKey } from '../load/talker.ts';

export type SendTask = {
  readonly port: number;
  readonly tokens: readonly string[];
  readonly window: number;
  /** Whose processor time is told beside the load generator's own: process ids by name. */
  readonly processes: Readonly<Record<string, number>>;
  readonly warmUpMs: number;
  readonly measureMs: number;
};
export type SendResult = {
  readonly perSecond: number;
  readonly acknowledged: number;
  readonly spent: SpentUs;
  readonly refused: number;
  /** Made by the first, third, … of the tokens' users. */
  readonly conversations: readonly string[];
};

const text = 'Dissolved oxygen in pond A1 is 2.1 mg/L and falling; both aerators run, feeding is stopped.';

serveLoad<SendTask, SendResult>(async ({ port, tokens, window, processes, warmUpMs, measureMs }) => {
  const talkers = await Promise.all(tokens.map((token) => openTalker(port, token)));
  let acknowledged = 0;
  let refused = 0;
  let running = true;
  const conversations: string[] = [];
  for (let pair = 0; pair + 1 < talkers.length; pair += 2) {
    const [one, other] = [talkers[pair]!, talkers[pair + 1]!];
    const conversation = await conversationOf(one, [userKey(pair + 1)], randomUUID());
    conversations.push(conversation);
    for (const talker of [one, other]) {
      const send = () =>
        talker.post('message.send', {
          conversation_id: conversation,
          client_message_id: messageId(),
          content: { type: 'text', text },
        });
      talker.onReply = (_, ok) => {
        if (ok) acknowledged += 1;
        else refused += 1;
        if (running) send();
      };
      for (let index = 0; index < window; index++) send();
    }
  }
  await new Promise((resolve) => setTimeout(resolve, warmUpMs));
  const before = acknowledged;
  const spentSince = processorTime({ [loadGenerator]: process.pid, ...processes });
  const started = performance.now();
  await new Promise((resolve) => setTimeout(resolve, measureMs));
  const measured = acknowledged - before;
  const perSecond = (measured / (performance.now() - started)) * 1_000;
  const spent = spentSince();
  running = false;
  return { perSecond, acknowledged: measured, spent, refused, conversations };
});
