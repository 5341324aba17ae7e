// Raw BSON: values are looked at where they lie, in the bytes they came in; nothing is deserialised.
// A Raw is a view (type, bytes, start, end) that is valid as long as its bytes are not written to.
import { Decimal128 } from 'bson';

export type Raw = { readonly type: number; readonly bytes: Buffer; readonly start: number; readonly end: number };

export type Field = readonly [name: string, value: Raw];

/** BSON type numbers, as in the BSON specification. */
export const bsonType = {
  double: 1,
  string: 2,
  object: 3,
  array: 4,
  binary: 5,
  undefined: 6,
  objectId: 7,
  bool: 8,
  date: 9,
  null: 10,
  regex: 11,
  dbPointer: 12,
  code: 13,
  symbol: 14,
  codeWithScope: 15,
  int: 16,
  timestamp: 17,
  long: 18,
  decimal: 19,
  minKey: 255,
  maxKey: 127,
} as const;

/** A whole document as a value. */
export function rawDocument(bytes: Buffer, start = 0): Raw {
  return { type: bsonType.object, bytes, start, end: start + bytes.readInt32LE(start) };
}

/** The bytes of a value, not copied. */
export function bytesOf(value: Raw): Buffer {
  return value.bytes.subarray(value.start, value.end);
}

/** Where the NUL that ends a C string lies. */
export function nulAt(bytes: Buffer, from: number): number {
  let at = from;
  while (bytes[at] !== 0) {
    if (at >= bytes.length) throw new RangeError('a name is not terminated');
    at++;
  }
  return at;
}

/** Where the value that starts at `at` ends. Throws RangeError for a type that does not exist. */
export function valueEnd(type: number, bytes: Buffer, at: number): number {
  switch (type) {
    case 1:
    case 9:
    case 17:
    case 18:
      return at + 8;
    case 2:
    case 13:
    case 14:
      return at + 4 + bytes.readInt32LE(at);
    case 3:
    case 4:
    case 15:
      return at + bytes.readInt32LE(at);
    case 5:
      return at + 5 + bytes.readInt32LE(at);
    case 6:
    case 10:
    case 127:
    case 255:
      return at;
    case 7:
      return at + 12;
    case 8:
      return at + 1;
    case 11:
      return nulAt(bytes, nulAt(bytes, at) + 1) + 1;
    case 12:
      return at + 16 + bytes.readInt32LE(at);
    case 16:
      return at + 4;
    case 19:
      return at + 16;
    default:
      throw new RangeError(`type ${type} is not a BSON type`);
  }
}

/** All fields of a document (or elements of an array), in order. */
export function fieldsOf(document: Raw): Field[] {
  const out: Field[] = [];
  const { bytes } = document;
  const last = document.end - 1;
  for (let at = document.start + 4; at < last; ) {
    const type = bytes[at]!;
    const nameEnd = nulAt(bytes, at + 1);
    const start = nameEnd + 1;
    const end = valueEnd(type, bytes, start);
    out.push([bytes.toString('utf8', at + 1, nameEnd), { type, bytes, start, end }]);
    at = end;
  }
  return out;
}

/** The values of an array, in order. Their names ("0", "1", ...) are not looked at. */
export function elementsOf(array: Raw): Raw[] {
  const out: Raw[] = [];
  const { bytes } = array;
  const last = array.end - 1;
  for (let at = array.start + 4; at < last; ) {
    const type = bytes[at]!;
    const start = nulAt(bytes, at + 1) + 1;
    const end = valueEnd(type, bytes, start);
    out.push({ type, bytes, start, end });
    at = end;
  }
  return out;
}

/** Names already met, as bytes; null for a name that no document can have. */
const encodedNames = new Map<string, Buffer | null>();
const encodedNamesMax = 10_000;

function encodedName(name: string): Buffer | null {
  let encoded = encodedNames.get(name);
  if (encoded === undefined) {
    if (encodedNames.size >= encodedNamesMax) encodedNames.clear();
    encoded = name.includes('\0') ? null : Buffer.from(name);
    encodedNames.set(name, encoded);
  }
  return encoded;
}

/** One field of a document by name; the first, if there are several. */
export function fieldOf(document: Raw, name: string): Raw | undefined {
  const wanted = encodedName(name);
  if (wanted === null) return undefined;
  const length = wanted.length;
  const { bytes } = document;
  const last = document.end - 1;
  for (let at = document.start + 4; at < last; ) {
    const type = bytes[at]!;
    const nameStart = at + 1;
    let i = 0;
    while (i < length && bytes[nameStart + i] === wanted[i]) i++;
    const same = i === length && bytes[nameStart + i] === 0;
    const start = (same ? nameStart + i : nulAt(bytes, nameStart + i)) + 1;
    const end = valueEnd(type, bytes, start);
    if (same) return { type, bytes, start, end };
    at = end;
  }
  return undefined;
}

export function isNumber(value: Raw): boolean {
  return value.type === 1 || value.type === 16 || value.type === 18 || value.type === 19;
}

/** A string value's text. */
export function textOf(value: Raw): string {
  return value.bytes.toString('utf8', value.start + 4, value.end - 1);
}

/** A number as a JS number (longs and decimals rounded); NaN for anything else. */
export function numberOf(value: Raw): number {
  switch (value.type) {
    case 1:
      return value.bytes.readDoubleLE(value.start);
    case 16:
      return value.bytes.readInt32LE(value.start);
    case 18:
      return Number(value.bytes.readBigInt64LE(value.start));
    case 19:
      return Number(decimalText(value));
    default:
      return Number.NaN;
  }
}

/** MongoDB's truth of a value in an expression or an option: null, undefined, false and 0 are not. */
export function truthOf(value: Raw | undefined): boolean {
  if (value === undefined || value.type === 10 || value.type === 6) return false;
  if (value.type === 8) return value.bytes[value.start] !== 0;
  if (isNumber(value)) return numberOf(value) !== 0;
  return true;
}

/** A decimal's text, such as "1.50", "-Infinity" or "NaN". */
export function decimalText(value: Raw): string {
  return new Decimal128(Uint8Array.prototype.slice.call(value.bytes, value.start, value.end)).toString();
}
