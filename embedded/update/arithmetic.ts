// $inc, $mul and $bit on BSON numbers: int stays int until it overflows, then long; double and decimal win.
import { Decimal128, Double, Int32, Long } from 'bson';
import { rawOf } from '../bson/build.ts';
import { decimalParts } from '../bson/order.ts';
import { bsonType, decimalText, numberOf, type Raw } from '../bson/raw.ts';
import { storeError } from '../errors.ts';

export function add(a: Raw, b: Raw): Raw {
  return combine(
    a,
    b,
    (x, y) => x + y,
    (x, y) => x + y,
    addDecimals,
  );
}

export function multiply(a: Raw, b: Raw): Raw {
  return combine(
    a,
    b,
    (x, y) => x * y,
    (x, y) => x * y,
    multiplyDecimals,
  );
}

function combine(
  a: Raw,
  b: Raw,
  doubles: (x: number, y: number) => number,
  integers: (x: bigint, y: bigint) => bigint,
  decimals: (x: string, y: string) => string,
): Raw {
  if (a.type === bsonType.decimal || b.type === bsonType.decimal) {
    return rawOf(Decimal128.fromStringWithRounding(decimals(text(a), text(b))));
  }
  if (a.type === bsonType.double || b.type === bsonType.double)
    return rawOf(new Double(doubles(numberOf(a), numberOf(b))));
  const result = integers(integerOf(a), integerOf(b));
  const long = a.type === bsonType.long || b.type === bsonType.long;
  if (!long && BigInt.asIntN(32, result) === result) return rawOf(new Int32(Number(result)));
  if (BigInt.asIntN(64, result) !== result) {
    throw storeError('BadValue', `Failed to apply the operation: the result ${result} does not fit a 64-bit integer`);
  }
  return rawOf(Long.fromBigInt(result));
}

export function integerOf(value: Raw): bigint {
  return value.type === bsonType.long ? value.bytes.readBigInt64LE(value.start) : BigInt(numberOf(value));
}

function text(value: Raw): string {
  return value.type === bsonType.decimal ? decimalText(value) : String(numberOf(value));
}

function special(x: string, y: string, combined: number): string | undefined {
  if (Number.isFinite(Number(x)) && Number.isFinite(Number(y))) return undefined;
  return Number.isNaN(combined) ? 'NaN' : combined > 0 ? 'Infinity' : '-Infinity';
}

function addDecimals(x: string, y: string): string {
  const odd = special(x, y, Number(x) + Number(y));
  if (odd !== undefined) return odd;
  const [a, i] = decimalParts(x);
  const [b, j] = decimalParts(y);
  const low = Math.min(i, j);
  return `${a * 10n ** BigInt(i - low) + b * 10n ** BigInt(j - low)}E${low}`;
}

function multiplyDecimals(x: string, y: string): string {
  const odd = special(x, y, Number(x) * Number(y));
  if (odd !== undefined) return odd;
  const [a, i] = decimalParts(x);
  const [b, j] = decimalParts(y);
  return `${a * b}E${i + j}`;
}

/** $bit on int and long. */
export function bitwise(op: 'and' | 'or' | 'xor', a: Raw, b: Raw): Raw {
  const x = integerOf(a);
  const y = integerOf(b);
  const result = op === 'and' ? x & y : op === 'or' ? x | y : x ^ y;
  if (a.type === bsonType.long || b.type === bsonType.long) return rawOf(Long.fromBigInt(BigInt.asIntN(64, result)));
  return rawOf(new Int32(Number(result)));
}
