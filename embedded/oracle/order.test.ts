import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { rawOf } from '../bson/build.ts';
import { compareValues, orderKey } from '../bson/order.ts';
import { compare } from './compare.ts';
import { numbers, values } from './values.ts';

describe('the order of values', () => {
  it('is that of the manual, for any two values', () => {
    fc.assert(
      fc.property(values, values, (a, b) => {
        const wanted = compare(a, b);
        expect(orderKey(rawOf(a)).compare(orderKey(rawOf(b)))).toBe(wanted);
        expect(compareValues(rawOf(a), rawOf(b))).toBe(wanted);
      }),
      { numRuns: 20_000 },
    );
  });

  it('compares numbers by value across all their types', () => {
    fc.assert(
      fc.property(numbers, numbers, (a, b) => {
        expect(compareValues(rawOf(a), rawOf(b))).toBe(compare(a, b));
      }),
      { numRuns: 20_000 },
    );
  });

  it('needs no separator: no key begins another', () => {
    fc.assert(
      fc.property(values, values, (a, b) => {
        const [x, y] = [orderKey(rawOf(a)), orderKey(rawOf(b))];
        if (compare(a, b) !== 0) expect(x.subarray(0, y.length).equals(y)).toBe(false);
      }),
      { numRuns: 5000 },
    );
  });
});
