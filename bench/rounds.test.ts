import { describe, expect, it } from 'vitest';
import { against, quoted } from './rounds.ts';

describe('rounds', () => {
  it('are quoted by their median, with how far they lie apart', () => {
    expect(quoted([3, 1, 2])).toEqual({ value: 2, spread: { least: 1, most: 3, rounds: 3 } });
  });

  it('are held against the reference of the same round: what slowed both tells nothing', () => {
    expect(against([10, 1, 8], [20, 2, 4])).toEqual({ ratio: 0.5, ratioSpread: { least: 0.5, most: 2, rounds: 3 } });
  });
});
