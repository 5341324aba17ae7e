import { describe, expect, it } from 'vitest';
import { CallError, localError } from '../call-error.ts';
import { StandingClock } from '../testing/clocks.ts';
import { deliveredEveryMs, Watermarks } from './watermarks.ts';

const refusal = new CallError({ code: 'NOT_FOUND', reason: 'CONVERSATION_NOT_FOUND', message: '' });

function marks() {
  const clock = new StandingClock();
  const told: unknown[] = [];
  const line = { up: true, fails: false };
  const watermarks = new Watermarks({
    clock,
    attached: () => line.up,
    delivered: async ({ positions }) => {
      if (line.fails) throw localError('CONNECTION_LOST');
      told.push(positions);
    },
    read: async (request) => {
      told.push(request);
      if (request.conversation_id === 'left') throw refusal;
    },
  });
  /** Lets promises go on, then the clock. */
  const pass = async (ms: number) => {
    clock.move(ms);
    await new Promise((resolve) => setImmediate(resolve));
  };
  return { clock, watermarks, told, line, pass };
}

describe('what was delivered', () => {
  it('is told at most once a second, the newest position of each conversation', async () => {
    const { watermarks, told, pass } = marks();
    for (const seq of [1, 2, 3]) watermarks.delivered('42', seq);
    await pass(0);
    expect(told).toEqual([[{ conversation_id: '42', seq: 3 }]]);
    watermarks.delivered('42', 2);
    watermarks.delivered('42', 5);
    watermarks.delivered('43', 9);
    await pass(deliveredEveryMs - 1);
    expect(told).toHaveLength(1);
    await pass(1);
    expect(told[1]).toEqual([
      { conversation_id: '42', seq: 5 },
      { conversation_id: '43', seq: 9 },
    ]);
  });

  it('is told again when the answer was lost, and waits while there is no connection', async () => {
    const { watermarks, told, line, pass } = marks();
    line.fails = true;
    watermarks.delivered('42', 3);
    await pass(deliveredEveryMs);
    line.fails = false;
    line.up = false;
    await pass(deliveredEveryMs);
    expect(told).toEqual([]);
    line.up = true;
    watermarks.attached();
    await pass(deliveredEveryMs);
    expect(told).toEqual([[{ conversation_id: '42', seq: 3 }]]);
  });
});

describe('what was read', () => {
  it('is told once of a conversation that was left meanwhile', async () => {
    const { watermarks, told, pass } = marks();
    watermarks.read('left', 4);
    watermarks.read('42', 7);
    for (let round = 0; round < 5; round += 1) await pass(1_000);
    expect(told).toEqual([
      { conversation_id: 'left', seq: 4 },
      { conversation_id: '42', seq: 7 },
    ]);
  });

  it('is told in time though the clock was set back a day', async () => {
    const { clock, watermarks, told, pass } = marks();
    watermarks.read('42', 1);
    await pass(0);
    clock.sleep(-24 * 3_600_000);
    watermarks.read('42', 2);
    await pass(300);
    expect(told).toHaveLength(2);
  });
});
