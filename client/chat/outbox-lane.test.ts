import { describe, expect, it } from 'vitest';
import type { Message, SendMessageRequest } from '../../gen/json/api.ts';
import { CallError } from '../call-error.ts';
import { StandingClock } from '../testing/clocks.ts';
import { wholeMessage } from '../testing/whole.ts';
import { OutboxLane } from './outbox-lane.ts';

const away = new CallError({ code: 'UNAVAILABLE', reason: 'UNAVAILABLE', message: '', retry_after_ms: 500 });
/** Lets what was promised happen. */
const settled = () => new Promise(setImmediate);

function openLane() {
  const clock = new StandingClock();
  const answers: { resolve(message: Message): void; reject(error: CallError): void }[] = [];
  const asked: string[] = [];
  const stored: string[] = [];
  const lane = new OutboxLane({
    clock,
    attached: () => true,
    send: ({ client_message_id }: SendMessageRequest) => {
      asked.push(client_message_id ?? '');
      return new Promise((resolve, reject) => answers.push({ resolve, reject }));
    },
    stored: (item) => stored.push(item.send.clientMessageId),
    failed: () => {},
  });
  for (let at = 0; at < 8; at += 1) {
    const message = { content: { type: 'text' as const, text: `${at}` } };
    lane.add({ conversationId: '42', clientMessageId: `m${at}`, queuedAt: clock.now(), order: at, message });
  }
  /** Refuses all that is on its way, as an edge does whose service is away. */
  const refuseAll = async () => {
    for (const { reject } of answers.splice(0)) reject(away);
    await settled();
  };
  return { clock, answers, asked, stored, refuseAll };
}

describe('the lane of a conversation', () => {
  it('takes the refusal of all that was on its way for one attempt: it is back soon', async () => {
    const { clock, asked, refuseAll } = openLane();
    clock.chance = 0.999;
    for (const [round, pauseMs] of [700, 900, 1_300].entries()) {
      expect(asked).toHaveLength(8 * (round + 1));
      await refuseAll();
      clock.move(pauseMs - 100);
      expect(asked).toHaveLength(8 * (round + 1));
      clock.move(100);
      await settled();
    }
    expect(asked.slice(-8)).toEqual(['m0', 'm1', 'm2', 'm3', 'm4', 'm5', 'm6', 'm7']);
  });

  it('begins with short pauses again once a message was stored', async () => {
    const { clock, answers, asked, stored, refuseAll } = openLane();
    clock.chance = 0.999;
    for (let round = 0; round < 4; round += 1) {
      await refuseAll();
      clock.move(5_500);
      await settled();
    }
    for (const { resolve } of answers.splice(0, 1)) resolve(wholeMessage());
    await settled();
    expect(stored).toEqual(['m0']);
    await refuseAll();
    const before = asked.length;
    clock.move(700);
    await settled();
    expect(asked.length).toBe(before + 7);
  });
});
