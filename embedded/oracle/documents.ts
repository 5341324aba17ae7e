// For the differential tests of what makes documents: random documents as Maps, for the order of their names matters.
import { Decimal128, Double, Int32, Long } from 'bson';
import fc from 'fast-check';
import type { Doc } from './update.ts';

const small = fc.integer({ min: -3, max: 3 });
export const number = fc.oneof(
  small.map((n) => new Int32(n)),
  small.map((n) => new Double(n / 2)),
  small.map((n) => Long.fromNumber(n)),
  fc.integer({ min: -30, max: 30 }).map((n) => Decimal128.fromString(`${n}E-1`)),
  fc.constantFrom<unknown>(new Int32(2 ** 31 - 1), new Int32(-(2 ** 31)), Long.MAX_VALUE, new Double(0.1)),
);
export const scalar = fc.oneof(number, fc.constantFrom<unknown>('a', 'b', null, true));
export const name = fc.constantFrom('a', 'b', 'c');
export const { value, document } = fc.letrec<{ value: unknown; document: Doc }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3, depthSize: 'small' },
    { weight: 3, arbitrary: scalar },
    { weight: 2, arbitrary: fc.array(tie('value'), { maxLength: 3 }) },
    { weight: 2, arbitrary: tie('document') },
  ),
  document: fc
    .uniqueArray(fc.tuple(name, tie('value')), { maxLength: 3, selector: ([key]) => key })
    .map((e) => new Map(e)),
}));
