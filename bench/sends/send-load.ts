// Sends as fast as answers come: each socket keeps a window of unanswered messages in one conversation.

import { randomUUID } from 'node:crypto';
import { serveLoad } from '../load/fork.ts';
import { conversationOf, openTalker, userKey } from '../load/talker.ts';

export type SendTask = {
  readonly port: number;
  readonly tokens: readonly string[];
  readonly window: number;
  readonly warmUpMs: number;
  readonly measureMs: number;
};
export type SendResult = { readonly perSecond: number; readonly refused: number; readonly conversation: string };

const text = 'Dissolved oxygen in pond A1 is 2.1 mg/L and falling; both aerators run, feeding is stopped.';

serveLoad<SendTask, SendResult>(async ({ port, tokens, window, warmUpMs, measureMs }) => {
  const talkers = await Promise.all(tokens.map((token) => openTalker(port, token)));
  let acknowledged = 0;
  let refused = 0;
  let running = true;
  let first = '';
  for (let pair = 0; pair + 1 < talkers.length; pair += 2) {
    const [one, other] = [talkers[pair]!, talkers[pair + 1]!];
    const conversation = await conversationOf(one, [userKey(pair + 1)], randomUUID());
    first ||= conversation;
    for (const talker of [one, other]) {
      const send = () =>
        talker.post('message.send', {
          conversation_id: conversation,
          client_message_id: randomUUID(),
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
  const started = performance.now();
  await new Promise((resolve) => setTimeout(resolve, measureMs));
  const perSecond = ((acknowledged - before) / (performance.now() - started)) * 1_000;
  running = false;
  return { perSecond, refused, conversation: first };
});
