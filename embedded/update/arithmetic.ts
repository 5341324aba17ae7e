// $inc, $mul, $bit and $add on BSON numbers: int stays int until it overflows, then long; double and decimal win.
import { Decimal128, Double, Int32, Long } from 'bson';
import { rawOf } from '../bson/build.ts';
import { decimalParts } from '../bson/order.ts';
import { bsonType, decimalText, isNumber, numberOf, type Raw } from '../bson/raw.ts';
import { numberedError, storeError } from '../errors.ts';
import { typeName } from './operators.ts';

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

/** $add: other than $inc it goes on as a double where a long overflows, and takes a date. */
export function sum(values: readonly Raw[]): Raw {
  const date = values.find((value) => value.type === bsonType.date);
  const numbers = values.map((value) => (value === date ? millisOf(value) : value));
  for (const value of numbers) {
    if (value.type === bsonType.date) throw numberedError(16612, 'only one date allowed in an $add expression');
    if (!isNumber(value)) {
      throw storeError('TypeMismatch', `$add only supports numeric or date types, not ${typeName(value)}`);
    }
  }
  const total = totalOf(numbers);
  return date === undefined ? total : rawOf(new Date(numberOf(total)));
}

function millisOf(date: Raw): Raw {
  return { ...date, type: bsonType.long };
}

function totalOf(numbers: readonly Raw[]): Raw {
  const has = (type: number) => numbers.some((value) => value.type === type);
  if (has(bsonType.decimal)) return numbers.reduce(add, rawOf(0));
  if (!has(bsonType.double)) {
    const total = numbers.reduce((sofar, value) => sofar + integerOf(value), 0n);
    if (!has(bsonType.long) && BigInt.asIntN(32, total) === total) return rawOf(new Int32(Number(total)));
    if (BigInt.asIntN(64, total) === total) return rawOf(Long.fromBigInt(total));
  }
  return rawOf(new Double(numbers.reduce((sofar, value) => sofar + numberOf(value), 0)));
}

export function integerOf(value: Raw): bigint {
  return value.type === bsonType.long ? value.bytes.readBigInt64LE(value.start) : BigInt(numberOf(value));
}

/** As a decimal; a double counts with 15 digits then, as in MongoDB. */
function text(value: Raw): string {
  if (value.type === bsonType.decimal) return decimalText(value);
  if (value.type !== bsonType.double) return String(integerOf(value));
  const number = numberOf(value);
  return number === 0 ? '0' : number.toPrecision(15);
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
