import { describe, expect, it } from 'vitest';
import { StandingClock } from '../testing/clocks.ts';
import { deliveredEveryMs, Watermarks } from './watermarks.ts';

function marks() {
  const clock = new StandingClock();
  const told: unknown[] = [];
  const line = { up: true, fails: false };
  const watermarks = new Watermarks({
    clock,
    attached: () => line.up,
    delivered: async ({ positions }) => {
      if (line.fails) throw new Error('lost');
      told.push(positions);
    },
    read: async (request) => told.push(request),
  });
  /** Lets promises go on, then the clock. */
  const pass = async (ms: number) => {
    clock.move(ms);
    await new Promise((resolve) => setImmediate(resolve));
  };
  return { watermarks, told, line, pass };
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
