// For the differential tests: random BSON values and documents, small enough that they often collide.
import { Binary, BSONRegExp, Decimal128, Double, Int32, Long, MaxKey, MinKey, ObjectId, Timestamp } from 'bson';
import fc from 'fast-check';

const ids = ['000000000000000000000000', '000000000000000000000001', 'ffffffffffffffffffffffff'];

/** Numbers of all four types, near one another and near where doubles end being exact. */
export const numbers: fc.Arbitrary<unknown> = fc.oneof(
  fc.integer({ min: -3, max: 3 }).map((n) => new Int32(n)),
  fc.integer({ min: -3, max: 3 }).map((n) => new Double(n + 0.5)),
  fc.integer({ min: -3, max: 3 }).map((n) => new Double(n)),
  fc.integer({ min: -3, max: 3 }).map((n) => Long.fromNumber(n)),
  fc.integer({ min: -30, max: 30 }).map((n) => Decimal128.fromString(`${n}E-1`)),
  fc.constantFrom<unknown>(
    new Double(Number.NaN),
    new Double(Number.POSITIVE_INFINITY),
    new Double(Number.NEGATIVE_INFINITY),
    new Double(-0),
    new Double(2 ** 53),
    new Double(2 ** 63),
    Long.fromBigInt(2n ** 53n + 1n),
    Long.fromBigInt(2n ** 53n),
    Long.MAX_VALUE,
    Long.MIN_VALUE,
    Decimal128.fromString('9007199254740993'),
    Decimal128.fromString('0.1'),
    new Double(0.1),
    Decimal128.fromString('1E-6000'),
    Decimal128.fromString('-1E6000'),
    Decimal128.fromString('NaN'),
    Decimal128.fromString('Infinity'),
    Decimal128.fromString('-0'),
    Decimal128.fromString('2.50'),
  ),
);

export const scalars: fc.Arbitrary<unknown> = fc.oneof(
  { weight: 5, arbitrary: numbers },
  { weight: 3, arbitrary: fc.constantFrom('', 'a', 'b', 'ab', 'a\0', 'a\0b', 'é', '𝄞', '\uffff') },
  { weight: 2, arbitrary: fc.constantFrom(null, true, false) },
  { weight: 1, arbitrary: fc.constantFrom(...ids).map((id) => new ObjectId(id)) },
  { weight: 1, arbitrary: fc.constantFrom(-1, 0, 1, 1e12).map((ms) => new Date(ms)) },
  {
    weight: 1,
    arbitrary: fc.constantFrom<unknown>(
      new MinKey(),
      new MaxKey(),
      new Timestamp({ t: 1, i: 2 }),
      new Timestamp({ t: 2, i: 1 }),
      new Binary(Buffer.from([1, 2])),
      new Binary(Buffer.from([9])),
      new Binary(Buffer.from([9]), 4),
      new BSONRegExp('a', 'i'),
      new BSONRegExp('a', ''),
      new BSONRegExp('b', ''),
    ),
  },
);

const names = fc.constantFrom('a', 'b', 'c');

/** Any value, nested a little. */
export const values: fc.Arbitrary<unknown> = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3, depthSize: 'small' },
    { weight: 6, arbitrary: scalars },
    { weight: 1, arbitrary: fc.array(tie('value'), { maxLength: 3 }) },
    { weight: 1, arbitrary: fc.dictionary(names, tie('value'), { maxKeys: 3, noNullPrototype: true }) },
  ),
})).value;

/** Documents of fields a, b, c. */
export const documents: fc.Arbitrary<Record<string, unknown>> = fc.dictionary(names, values, {
  maxKeys: 3,
  noNullPrototype: true,
});
