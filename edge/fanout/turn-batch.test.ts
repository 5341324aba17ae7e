import { describe, expect, it } from 'vitest';
import { TurnBatch } from './turn-batch.ts';

describe('questions of one turn', () => {
  it('become one, and a key is asked for once', async () => {
    const asked: (readonly string[])[] = [];
    const batch = new TurnBatch<string, number>({
      sizeMax: 10,
      underWayMax: 1,
      ask: async (keys) => {
        asked.push(keys);
        return new Map(keys.map((key) => [key, key.length]));
      },
    });
    expect(await Promise.all(['a', 'bb', 'a'].map((key) => batch.ask(key)))).toEqual([1, 2, 1]);
    expect(asked).toEqual([['a', 'bb']]);
    expect(batch.idle).toBe(true);
  });

  it('are cut to their size, and wait while as many as may be are under way', async () => {
    const sizes: number[] = [];
    let underWay = 0;
    let most = 0;
    const batch = new TurnBatch<number, number>({
      sizeMax: 3,
      underWayMax: 2,
      ask: async (keys) => {
        most = Math.max(most, ++underWay);
        sizes.push(keys.length);
        await new Promise((resolve) => setImmediate(resolve));
        underWay--;
        return new Map();
      },
    });
    const answers = await Promise.all(Array.from({ length: 10 }, (_, n) => batch.ask(n)));
    expect(answers.every((answer) => answer === undefined)).toBe(true);
    expect([Math.max(...sizes), most, sizes.reduce((sum, size) => sum + size)]).toEqual([3, 2, 10]);
  });

  it('fail together, and the next are asked again', async () => {
    let fails = true;
    const batch = new TurnBatch<string, number>({
      sizeMax: 10,
      underWayMax: 1,
      ask: async (keys) => {
        if (fails) throw new Error('away');
        return new Map(keys.map((key) => [key, 1]));
      },
    });
    const failed = await Promise.allSettled([batch.ask('a'), batch.ask('b')]);
    expect(failed.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    fails = false;
    expect(await batch.ask('a')).toBe(1);
  });
});
