// BSON's comparison order as bytes: two values compare as their order keys do with memcmp, across all types and
// all widths of numbers. Every encoding ends itself, so keys can be put behind one another and inverted.
// The one definition of order for index keys, sorting, matching and update operators.
import { GrowingBytes } from './growing-bytes.ts';
import { bsonType, decimalText, isNumber, nulAt, numberOf, type Raw, valueEnd } from './raw.ts';

/** The class of a type in the order: values of different classes compare by it alone. */
export const orderClass = {
  minKey: 1,
  undefined: 5,
  null: 10,
  number: 20,
  string: 30,
  object: 40,
  array: 50,
  binary: 60,
  objectId: 70,
  bool: 80,
  date: 90,
  timestamp: 95,
  regex: 100,
  dbPointer: 110,
  code: 120,
  codeWithScope: 130,
  maxKey: 240,
} as const;

const classOfType = new Uint8Array(256);
const classes: readonly (readonly [type: number, order: number])[] = [
  [255, 1],
  [6, 5],
  [10, 10],
  [1, 20],
  [16, 20],
  [18, 20],
  [19, 20],
  [2, 30],
  [14, 30],
  [3, 40],
  [4, 50],
  [5, 60],
  [7, 70],
  [8, 80],
  [9, 90],
  [17, 95],
  [11, 100],
  [12, 110],
  [13, 120],
  [15, 130],
  [127, 240],
];
for (const [type, order] of classes) classOfType[type] = order;
export function classOf(value: Raw): number {
  return classOfType[value.type]!;
}

/** Writes order keys. */
export class KeyWriter extends GrowingBytes {
  constructor() {
    super(4096);
  }

  /** Text that may hold NULs: 00 becomes 00 FF, the end is 00 01. */
  text(from: Buffer, start: number, end: number): void {
    this.reserve((end - start) * 2 + 2);
    const { bytes } = this;
    let at = this.length;
    for (let i = start; i < end; i++) {
      const byte = from[i]!;
      bytes[at++] = byte;
      if (byte === 0) bytes[at++] = 0xff;
    }
    bytes[at++] = 0;
    bytes[at++] = 1;
    this.length = at;
  }

  uint32(value: number): void {
    this.reserve(4);
    this.length = this.bytes.writeUInt32BE(value, this.length);
  }

  uint48(value: number): void {
    this.reserve(6);
    this.length = this.bytes.writeUIntBE(value, this.length, 6);
  }

  uint64(value: bigint): void {
    this.reserve(8);
    this.length = this.bytes.writeBigUInt64BE(value, this.length);
  }

  /** Inverts what was written since `from`: for descending fields. */
  invert(from: number): void {
    const { bytes, length } = this;
    for (let i = from; i < length; i++) bytes[i] = ~bytes[i]!;
  }

  taken(): Buffer {
    return Buffer.from(this.bytes.subarray(0, this.length));
  }
}

/** Appends a value's order key. `undefined` (a missing field) is null, as in MongoDB's sort and indexes. */
export function writeOrder(out: KeyWriter, value: Raw | undefined): void {
  if (value === undefined) {
    out.byte(orderClass.null);
    return;
  }
  const order = classOfType[value.type]!;
  out.byte(order);
  writeBody(out, value, order);
}

function writeBody(out: KeyWriter, value: Raw, order: number): void {
  const { bytes, start, end } = value;
  switch (order) {
    case orderClass.number:
      writeNumber(out, value);
      break;
    case orderClass.string:
    case orderClass.code:
      out.text(bytes, start + 4, end - 1);
      break;
    case orderClass.object:
      writeFields(out, value, true);
      break;
    case orderClass.array:
      writeFields(out, value, false);
      break;
    case orderClass.binary:
      writeBinary(out, value);
      break;
    case orderClass.objectId:
    case orderClass.bool:
      out.copy(bytes, start, end);
      break;
    case orderClass.date:
      out.uint64(bytes.readBigUInt64LE(start) ^ signBit);
      break;
    case orderClass.timestamp:
      out.uint64(bytes.readBigUInt64LE(start));
      break;
    case orderClass.regex:
      out.copy(bytes, start, nulAt(bytes, nulAt(bytes, start) + 1) + 1);
      break;
    case orderClass.dbPointer:
      out.uint32(end - start);
      out.copy(bytes, start + 4, end);
      break;
    case orderClass.codeWithScope: {
      const codeEnd = start + 8 + bytes.readInt32LE(start + 4);
      out.text(bytes, start + 8, codeEnd - 1);
      writeFields(out, { type: bsonType.object, bytes, start: codeEnd, end }, true);
    }
  }
}

/** Fields one after the other: class, then name, then value, as MongoDB compares documents; 00 ends them. */
function writeFields(out: KeyWriter, document: Raw, named: boolean): void {
  const { bytes } = document;
  const last = document.end - 1;
  for (let at = document.start + 4; at < last; ) {
    const type = bytes[at]!;
    const nameEnd = nulAt(bytes, at + 1);
    const start = nameEnd + 1;
    const end = valueEnd(type, bytes, start);
    const order = classOfType[type]!;
    out.byte(order);
    if (named) out.copy(bytes, at + 1, start);
    writeBody(out, { type, bytes, start, end }, order);
    at = end;
  }
  out.byte(0);
}

/** Length first, then subtype, then bytes. The old subtype 2 carries its length twice; it is compared as it is. */
function writeBinary(out: KeyWriter, value: Raw): void {
  out.uint32(value.end - value.start - 5);
  out.copy(value.bytes, value.start + 4, value.end);
}

const signBit = 0x8000_0000_0000_0000n;

/**
 * A number is the greatest double not above it (8 bytes), then 0 if that is exact, else 1 and the number's own
 * decimal digits. So int, long, double and decimal compare by value, exactly.
 */
function writeNumber(out: KeyWriter, value: Raw): void {
  if (value.type === bsonType.int) writeDouble(out, value.bytes.readInt32LE(value.start), 0);
  else if (value.type === bsonType.double) writeDouble(out, value.bytes.readDoubleLE(value.start), 0);
  else if (value.type === bsonType.decimal) writeDecimal(out, value);
  else {
    const exact = value.bytes.readBigInt64LE(value.start);
    const near = Number(exact);
    if (Number.isSafeInteger(near)) writeDouble(out, near, 0);
    else writeExact(out, exact, 0, near);
  }
}

function writeDouble(out: KeyWriter, value: number, more: 0 | 1): void {
  out.reserve(9);
  const { bytes } = out;
  const at = out.length;
  if (Number.isNaN(value)) bytes.fill(0, at, at + 8);
  else {
    bytes.writeDoubleBE(value === 0 ? 0 : value, at);
    if (bytes[at]! & 0x80) for (let i = at; i < at + 8; i++) bytes[i] = ~bytes[i]!;
    else bytes[at]! |= 0x80;
  }
  bytes[at + 8] = more;
  out.length = at + 9;
}

function writeDecimal(out: KeyWriter, value: Raw): void {
  const text = decimalText(value);
  const near = Number(text);
  if (Number.isNaN(near) || text.endsWith('Infinity')) {
    writeDouble(out, near, 0);
    return;
  }
  const [coefficient, exponent] = decimalParts(text);
  if (coefficient === 0n) writeDouble(out, 0, 0);
  else writeExact(out, coefficient, exponent, near);
}

/** coefficient × 10^exponent, whose nearest double is `near`. */
function writeExact(out: KeyWriter, coefficient: bigint, exponent: number, near: number): void {
  let floor = near === Number.POSITIVE_INFINITY ? Number.MAX_VALUE : near;
  // Below all finite doubles: above −Infinity itself by its digits.
  let side = floor === Number.NEGATIVE_INFINITY ? 1 : compareToDouble(coefficient, exponent, floor);
  if (side < 0) {
    floor = nextBelow(floor);
    side = 1;
  }
  writeDouble(out, floor, side === 0 ? 0 : 1);
  if (side !== 0) writeDigits(out, coefficient, exponent);
}

/** Sign, power of ten of the first digit, digits without trailing zeros, end. Negative numbers are inverted. */
function writeDigits(out: KeyWriter, coefficient: bigint, exponent: number): void {
  const negative = coefficient < 0n;
  const digits = (negative ? -coefficient : coefficient).toString();
  const from = out.length;
  out.reserve(3 + digits.length);
  out.bytes.writeUInt16BE(digits.length + exponent + 0x4000, out.length);
  out.length += 2;
  const trimmed = digits.replace(/0+$/, '');
  for (let i = 0; i < trimmed.length; i++) out.byte(trimmed.charCodeAt(i));
  out.byte(0);
  if (negative) out.invert(from);
}

export function decimalParts(text: string): [coefficient: bigint, exponent: number] {
  const [mantissa, power] = text.toUpperCase().split('E') as [string, string | undefined];
  const [whole, fraction = ''] = mantissa.split('.') as [string, string | undefined];
  return [BigInt(whole + fraction), Number(power ?? 0) - fraction.length];
}

/** The sign of coefficient × 10^exponent − double, exactly. */
function compareToDouble(coefficient: bigint, exponent: number, double: number): number {
  const [mantissa, power] = doubleParts(double);
  let left = coefficient;
  let right = mantissa;
  if (exponent >= 0) left *= 10n ** BigInt(exponent);
  else right *= 10n ** BigInt(-exponent);
  if (power >= 0) right <<= BigInt(power);
  else left <<= BigInt(-power);
  return left < right ? -1 : left > right ? 1 : 0;
}

const view = new DataView(new ArrayBuffer(8));

/** A finite double as mantissa × 2^power. */
function doubleParts(double: number): [mantissa: bigint, power: number] {
  view.setFloat64(0, double);
  const bits = view.getBigUint64(0);
  const biased = Number((bits >> 52n) & 0x7ffn);
  const fraction = bits & 0xf_ffff_ffff_ffffn;
  const mantissa = biased === 0 ? fraction : fraction | 0x10_0000_0000_0000n;
  return [bits & signBit ? -mantissa : mantissa, (biased === 0 ? 1 : biased) - 1075];
}

/** The greatest double below a finite one. */
function nextBelow(double: number): number {
  if (double === 0) return -Number.MIN_VALUE;
  view.setFloat64(0, double);
  view.setBigUint64(0, view.getBigUint64(0) + (double > 0 ? -1n : 1n));
  return view.getFloat64(0);
}

const scratch = new KeyWriter();

/** A value's order key as bytes of its own. */
export function orderKey(value: Raw | undefined): Buffer {
  scratch.length = 0;
  writeOrder(scratch, value);
  return scratch.taken();
}

/** Compares a value with a ready order key: negative, 0 or positive. */
export function compareToKey(value: Raw | undefined, key: Buffer): number {
  scratch.length = 0;
  writeOrder(scratch, value);
  return scratch.bytes.compare(key, 0, key.length, 0, scratch.length);
}

/** BSON order of two values. */
export function compareValues(a: Raw | undefined, b: Raw | undefined): number {
  if (a !== undefined && b !== undefined && a.type !== 18 && a.type !== 19 && b.type !== 18 && b.type !== 19) {
    if (isNumber(a) && isNumber(b)) return compareDoubles(numberOf(a), numberOf(b));
  }
  return compareToKey(a, orderKey(b));
}

function compareDoubles(a: number, b: number): number {
  if (a < b) return -1;
  if (a > b) return 1;
  if (a === b) return 0;
  return Number(Number.isNaN(b)) - Number(Number.isNaN(a));
}

/** Equal in BSON order: 1 and 1.0 are, {a, b} and {b, a} are not. */
export function equalValues(a: Raw | undefined, b: Raw | undefined): boolean {
  return compareValues(a, b) === 0;
}
