import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { idsMax, permute } from './permutation.ts';

const key = 'a key that tests share';

describe('the permutation of ids', () => {
  it('gives every number its own place, wherever a run starts', () => {
    const runs = fc.array(fc.integer({ min: 0, max: idsMax / 1_000 - 1 }), { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(runs, (blocks) => {
        const distinct = [...new Set(blocks)];
        const out = distinct.flatMap((block) => permute(key, 'message', block * 1_000, 1_000));
        expect(new Set(out).size).toBe(distinct.length * 1_000);
        expect(out.every((number) => Number.isInteger(number) && number >= 0 && number < idsMax)).toBe(true);
      }),
      { numRuns: 50 },
    );
  });

  it('does not depend on how a run is cut', () => {
    const whole = permute(key, 'message', 5_000, 100);
    const cut = [...permute(key, 'message', 5_000, 1), ...permute(key, 'message', 5_001, 99)];
    expect(cut).toEqual(whole);
  });

  it('hides the count: neighbours land far apart, evenly, and differently under another key or family', () => {
    const out = permute(key, 'message', 0, 10_000);
    const rising = out.filter((number, index) => index > 0 && number > (out[index - 1] ?? 0)).length;
    expect(rising).toBeGreaterThan(4_700);
    expect(rising).toBeLessThan(5_300);
    const tenths = Array.from({ length: 10 }, () => 0);
    for (const number of out) tenths[Math.floor((number / idsMax) * 10)]! += 1;
    for (const count of tenths) expect(count).toBeGreaterThan(850);
    const same = (other: readonly number[]) => out.filter((number, index) => number === other[index]).length;
    expect(same(permute('another key', 'message', 0, 10_000))).toBe(0);
    expect(same(permute(key, 'conversation', 0, 10_000))).toBe(0);
  });

  it('says when a family is used up', () => {
    expect(permute(key, 'message', idsMax - 10, 10)).toHaveLength(10);
    expect(() => permute(key, 'message', idsMax - 9, 10)).toThrow('used up');
  });
});
