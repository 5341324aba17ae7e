import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { type Level, memoryBound, memoryUsed, nextLevel, Pressure, type Thresholds } from './pressure.ts';

const thresholds: Thresholds = [10, 50, 100];

describe('the level of pressure', () => {
  it('rises at once, and falls step by step when its cause has clearly passed', () => {
    expect(nextLevel(0, 9, thresholds)).toBe(0);
    expect(nextLevel(0, 60, thresholds)).toBe(2);
    expect(nextLevel(2, 200, thresholds)).toBe(3);
    expect(nextLevel(2, 40, thresholds)).toBe(2);
    expect(nextLevel(2, 34, thresholds)).toBe(1);
    expect(nextLevel(1, 0, thresholds)).toBe(0);
  });
});

describe('memory', () => {
  it('that fills is pressure, until it is free again', async () => {
    const bound = memoryBound();
    const before = memoryUsed(bound);
    const changes: [string, Level][] = [];
    const pressure = new Pressure({
      loopDelayMs: [1e6, 2e6, 3e6],
      // Left below 0.7 of it: what else the process does must not keep it there.
      memoryShare: [before * 2.5, before * 100, before * 100],
      onChange: (...change) => changes.push(change),
    });
    try {
      const kept: number[][] = [];
      while (pressure.level === 0) {
        // On the heap and in the process's memory alike: 8 MB at a time.
        if (memoryUsed(bound) < before * 3) kept.push(new Array(2 ** 20).fill(0.5));
        await new Promise((turn) => setTimeout(turn, 1));
      }
      kept.length = 0;
      collectGarbage();
      await expect.poll(() => pressure.level, { timeout: 10_000 }).toBe(0);
      expect(changes).toEqual([
        ['memory', 1],
        ['memory', 0],
      ]);
    } finally {
      pressure.close();
    }
  });
});

describe('the event loop', () => {
  /** Holds the loop for so long in each turn, until the pressure has this level. */
  async function spin(turnMs: number, level: Level): Promise<void> {
    const levels: Level[] = [];
    const pressure = new Pressure({ loopDelayMs: [5, 60, 10_000], onChange: (_cause, to) => levels.push(to) });
    try {
      while (pressure.level !== level) {
        await new Promise((turn) => setImmediate(turn));
        const until = performance.now() + turnMs;
        while (performance.now() < until);
      }
      await expect.poll(() => pressure.level, { timeout: 10_000 }).toBe(0);
      expect(levels).toContain(level);
    } finally {
      pressure.close();
    }
  }

  it('that gets around to its work late is pressure, until it does not any more', () => spin(70, 1));
  it('that is later still is more of it', () => spin(150, 2));

  it('that is held once is none', async () => {
    const levels: Level[] = [];
    const pressure = new Pressure({ loopDelayMs: [400, 600, 700], onChange: (_cause, to) => levels.push(to) });
    const until = performance.now() + 1_000;
    while (performance.now() < until);
    let turns = 0;
    // Longer than a window: then it has been judged.
    await new Promise<void>((resolve) => {
      const timer = setInterval(() => {
        turns += 1;
        if (turns < 15) return;
        clearInterval(timer);
        resolve();
      }, 50);
    });
    pressure.close();
    expect(levels).toEqual([]);
  });
});

function collectGarbage(): void {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
}
