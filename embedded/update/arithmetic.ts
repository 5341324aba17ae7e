// $inc, $mul and $bit on BSON numbers: int stays int until it overflows, then long; double and decimal win.
import { Decimal128, Double, Int32, Long } from 'bson';
import { rawOf } from '../bson/build.ts';
import { decimalParts } from '../bson/order.ts';
import { bsonType, decimalText, numberOf, type Raw } from '../bson/raw.ts';
import { storeError } from '../errors.ts';

type Operation = {
  readonly doubles: (x: number, y: number) => number;
  readonly integers: (x: bigint, y: bigint) => bigint;
  /** Of coefficients and powers of ten. */
  readonly decimals: (a: bigint, i: number, b: bigint, j: number) => string;
};

const sum: Operation = {
  doubles: (x, y) => x + y,
  integers: (x, y) => x + y,
  decimals: (a, i, b, j) => {
    const low = Math.min(i, j);
    return `${a * 10n ** BigInt(i - low) + b * 10n ** BigInt(j - low)}E${low}`;
  },
};

const product: Operation = {
  doubles: (x, y) => x * y,
  integers: (x, y) => x * y,
  decimals: (a, i, b, j) => `${a * b}E${i + j}`,
};

export function add(a: Raw, b: Raw): Raw {
  return combine(sum, a, b);
}

export function multiply(a: Raw, b: Raw): Raw {
  return combine(product, a, b);
}

/** Throws BadValue where the result is beyond 64 bits. */
function combine(operation: Operation, a: Raw, b: Raw): Raw {
  const has = (type: number) => a.type === type || b.type === type;
  if (has(bsonType.decimal)) return decimal(operation, text(a), text(b));
  if (has(bsonType.double)) return rawOf(new Double(operation.doubles(numberOf(a), numberOf(b))));
  const result = operation.integers(integerOf(a), integerOf(b));
  if (!has(bsonType.long) && BigInt.asIntN(32, result) === result) return rawOf(new Int32(Number(result)));
  if (BigInt.asIntN(64, result) === result) return rawOf(Long.fromBigInt(result));
  throw storeError('BadValue', `Failed to apply the operation: the result ${result} does not fit a 64-bit integer`);
}

function integerOf(value: Raw): bigint {
  return value.type === bsonType.long ? value.bytes.readBigInt64LE(value.start) : BigInt(numberOf(value));
}

/** As a decimal; a double counts with 15 digits then, as in MongoDB. */
function text(value: Raw): string {
  if (value.type === bsonType.decimal) return decimalText(value);
  if (value.type !== bsonType.double) return String(integerOf(value));
  const number = numberOf(value);
  return number === 0 ? '0' : number.toPrecision(15);
}

function decimal({ doubles, decimals }: Operation, x: string, y: string): Raw {
  const result =
    hasDigits(x) && hasDigits(y)
      ? decimals(...decimalParts(x), ...decimalParts(y))
      : String(doubles(signed(x), signed(y)));
  return rawOf(Decimal128.fromStringWithRounding(result));
}

function hasDigits(text: string): boolean {
  return !/[IN]/.test(text);
}

/** Beside what is not finite only the sign counts; as a double, a great decimal would itself be infinite. */
function signed(text: string): number {
  return hasDigits(text) ? Math.sign(Number(text)) : Number(text);
}

/** $bit on int and long. */
export function bitwise(op: 'and' | 'or' | 'xor', a: Raw, b: Raw): Raw {
  const x = integerOf(a);
  const y = integerOf(b);
  const result = op === 'and' ? x & y : op === 'or' ? x | y : x ^ y;
  if (a.type === bsonType.long || b.type === bsonType.long) return rawOf(Long.fromBigInt(BigInt.asIntN(64, result)));
  return rawOf(new Int32(Number(result)));
}
