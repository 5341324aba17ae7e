import { describe, expect, it } from 'vitest';
import { sumOf, tallyOf } from './tally.ts';

describe('the tally of the cuts', () => {
  it('finds what is missing, doubled and out of order', () => {
    expect(tallyOf([3, 4, 5], [[3, 4, 5]])).toEqual({ expected: 3, delivered: 3, twice: 0, disordered: 0 });
    expect(tallyOf([3, 4, 5], [[3, 5]])).toEqual({ expected: 3, delivered: 2, twice: 0, disordered: 0 });
    expect(tallyOf([3, 4, 5], [[3, 4, 4, 5]])).toEqual({ expected: 3, delivered: 3, twice: 1, disordered: 0 });
    expect(tallyOf([3, 4, 5], [[4, 3, 5]])).toEqual({ expected: 3, delivered: 3, twice: 0, disordered: 1 });
  });

  it('adds up over riders and conversations, and leaves out what nobody sent', () => {
    const one = tallyOf([7, 8], [[1, 7, 8], [8]]);
    expect(sumOf([one, one])).toEqual({ expected: 8, delivered: 6, twice: 0, disordered: 0 });
  });
});
