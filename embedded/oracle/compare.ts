// An independent oracle of BSON's order, from MongoDB's manual ("Comparison/Sort Order"), on JavaScript values.
import { Binary, BSONRegExp, Decimal128, Double, Int32, Long, MaxKey, MinKey, ObjectId, Timestamp } from 'bson';

/** The manual's ranking of types; values of different ranks compare by it alone. */
export function rankOf(value: unknown): number {
  if (value instanceof MinKey) return 1;
  if (value === null || value === undefined) return 2;
  if (isNumeric(value)) return 3;
  if (typeof value === 'string') return 4;
  if (Array.isArray(value)) return 6;
  if (value instanceof Binary) return 7;
  if (value instanceof ObjectId) return 8;
  if (typeof value === 'boolean') return 9;
  if (value instanceof Date) return 10;
  if (value instanceof Timestamp) return 11;
  if (value instanceof BSONRegExp) return 12;
  if (value instanceof MaxKey) return 13;
  return 5;
}

export function isNumeric(value: unknown): boolean {
  if (value instanceof Timestamp) return false;
  return (
    typeof value === 'number' ||
    value instanceof Int32 ||
    value instanceof Double ||
    value instanceof Long ||
    value instanceof Decimal128
  );
}

export function compare(a: unknown, b: unknown): number {
  const side = rankOf(a) - rankOf(b);
  if (side !== 0) return Math.sign(side);
  switch (rankOf(a)) {
    case 3:
      return compareNumbers(a, b);
    case 4:
      return Buffer.from(a as string).compare(Buffer.from(b as string));
    case 5:
      return compareFields(entriesOf(a as object), entriesOf(b as object));
    case 6:
      return compareLists(a as unknown[], b as unknown[]);
    case 7:
      return compareBinaries(a as Binary, b as Binary);
    case 8:
      return Buffer.from((a as ObjectId).id).compare(Buffer.from((b as ObjectId).id));
    case 9:
      return Number(a) - Number(b);
    case 10:
      return Math.sign((a as Date).getTime() - (b as Date).getTime());
    case 11:
      return bigSign(BigInt(String(a)) - BigInt(String(b)));
    case 12:
      return compareRegexes(a as BSONRegExp, b as BSONRegExp);
    default:
      return 0;
  }
}

/** A document is an object, or a Map where the order of its names matters. */
function entriesOf(document: object): [string, unknown][] {
  return document instanceof Map ? [...document] : Object.entries(document);
}

function compareLists(a: readonly unknown[], b: readonly unknown[]): number {
  for (let i = 0; i < Math.min(a.length, b.length); i++) {
    const side = compare(a[i], b[i]);
    if (side !== 0) return side;
  }
  return Math.sign(a.length - b.length);
}

/** Field by field: first the type, then the name, then the value. */
function compareFields(a: readonly [string, unknown][], b: readonly [string, unknown][]): number {
  for (let i = 0; i < Math.min(a.length, b.length); i++) {
    const [name, value] = a[i]!;
    const [otherName, otherValue] = b[i]!;
    const side =
      rankOf(value) - rankOf(otherValue) ||
      Buffer.from(name).compare(Buffer.from(otherName)) ||
      compare(value, otherValue);
    if (side !== 0) return Math.sign(side);
  }
  return Math.sign(a.length - b.length);
}

function compareBinaries(a: Binary, b: Binary): number {
  return (
    Math.sign(a.length() - b.length() || a.sub_type - b.sub_type) ||
    Buffer.from(a.value()).compare(Buffer.from(b.value()))
  );
}

function compareRegexes(a: BSONRegExp, b: BSONRegExp): number {
  return (
    Buffer.from(a.pattern).compare(Buffer.from(b.pattern)) || Buffer.from(a.options).compare(Buffer.from(b.options))
  );
}

/** A number as an exact fraction numerator / 10^scale, or what it is instead. */
function exact(value: unknown): { readonly special?: number; readonly numerator: bigint; readonly scale: number } {
  const text = String(value instanceof Int32 || value instanceof Double ? value.value : value);
  if (/nan/i.test(text)) return { special: Number.NaN, numerator: 0n, scale: 0 };
  if (/inf/i.test(text)) return { special: text.startsWith('-') ? -1 : 1, numerator: 0n, scale: 0 };
  if (value instanceof Double || typeof value === 'number') return doubleFraction(Number(text));
  const [mantissa = '0', power = '0'] = text.toUpperCase().split('E');
  const [whole = '0', fraction = ''] = mantissa.split('.');
  const shift = fraction.length - Number(power);
  const digits = BigInt(whole + fraction);
  return shift >= 0 ? { numerator: digits, scale: shift } : { numerator: digits * 10n ** BigInt(-shift), scale: 0 };
}

/** A double is a whole number after at most 1074 doublings; each doubling undone is a factor 5 and a tenth. */
function doubleFraction(value: number): { readonly numerator: bigint; readonly scale: number } {
  let scaled = value;
  let doublings = 0;
  while (!Number.isInteger(scaled)) {
    scaled *= 2;
    doublings++;
  }
  return { numerator: BigInt(scaled) * 5n ** BigInt(doublings), scale: doublings };
}

function compareNumbers(a: unknown, b: unknown): number {
  const left = exact(a);
  const right = exact(b);
  const rank = ({ special }: { readonly special?: number }) =>
    special === undefined ? 0 : Number.isNaN(special) ? -2 : special;
  if (rank(left) !== 0 || rank(right) !== 0) return Math.sign(rank(left) - rank(right));
  const scale = Math.max(left.scale, right.scale);
  return bigSign(
    left.numerator * 10n ** BigInt(scale - left.scale) - right.numerator * 10n ** BigInt(scale - right.scale),
  );
}

function bigSign(value: bigint): number {
  return value < 0n ? -1 : value > 0n ? 1 : 0;
}
