// Protobuf's wire format, read in place: where each value begins and ends, and nothing more made of it.

/** A place in encoded bytes. `low` and `high` are the halves of the last varint, both unsigned 32 bit. */
export type Cursor = { bytes: Uint8Array; pos: number; end: number; low: number; high: number };

export const wireType = { varint: 0, bit64: 1, bytes: 2, bit32: 5 } as const;

export function cursorOf(bytes: Uint8Array): Cursor {
  return { bytes, pos: 0, end: bytes.length, low: 0, high: 0 };
}

/** Reads a varint of at most 10 bytes and 64 bit into `low` and `high`; false where there is none. */
export function readVarint(cursor: Cursor): boolean {
  const { bytes, end } = cursor;
  let pos = cursor.pos;
  if (pos >= end) return false;
  let byte = bytes[pos++]!;
  if (byte < 0x80) {
    cursor.low = byte;
    cursor.high = 0;
    cursor.pos = pos;
    return true;
  }
  let low = byte & 0x7f;
  let high = 0;
  for (let shift = 7; ; shift += 7) {
    if (pos >= end || shift > 63) return false;
    byte = bytes[pos++]!;
    const bits = byte & 0x7f;
    if (shift < 28) low |= bits << shift;
    else if (shift === 28) {
      low |= bits << 28;
      high = bits >>> 4;
    } else if (shift < 63) high |= bits << (shift - 32);
    else if (bits > 1) return false;
    else high |= bits << 31;
    if (byte < 0x80) break;
  }
  cursor.low = low >>> 0;
  cursor.high = high >>> 0;
  cursor.pos = pos;
  return true;
}

/** Reads a tag, number × 8 + wire type; 0 where there is none, or it is none that protobuf allows. */
export function readTag(cursor: Cursor): number {
  if (!readVarint(cursor) || cursor.high !== 0) return 0;
  return cursor.low >= 8 ? cursor.low : 0;
}

/** Reads the length before a value; −1 where there is none or the value would not fit. */
export function readLength(cursor: Cursor): number {
  if (!readVarint(cursor) || cursor.high !== 0) return -1;
  return cursor.low <= cursor.end - cursor.pos ? cursor.low : -1;
}

/** Skips a value; false where it does not end, or is a group, which proto3 does not have. */
export function skipValue(cursor: Cursor, type: number): boolean {
  if (type === wireType.varint) return readVarint(cursor);
  const length =
    type === wireType.bytes ? readLength(cursor) : type === wireType.bit64 ? 8 : type === wireType.bit32 ? 4 : -1;
  if (length < 0 || length > cursor.end - cursor.pos) return false;
  cursor.pos += length;
  return true;
}

/** The last varint as a signed 64 bit number; beyond 2^53 it is rounded. */
export function signed64(cursor: Cursor): number {
  const { low, high } = cursor;
  if (high < 0x80000000) return high * 0x100000000 + low;
  return -((~high >>> 0) * 0x100000000 + (~low >>> 0) + 1);
}

/** The last varint as an unsigned 64 bit number; beyond 2^53 it is rounded. */
export function unsigned64(cursor: Cursor): number {
  return cursor.high * 0x100000000 + cursor.low;
}

/** The last varint, zigzag-coded, as a signed 64 bit number; beyond 2^53 it is rounded. */
export function zigzag64(cursor: Cursor): number {
  const { low, high } = cursor;
  const half = (high >>> 1) * 0x100000000 + (((high << 31) | (low >>> 1)) >>> 0);
  return low & 1 ? -half - 1 : half;
}

/** Reads 4 bytes, little endian, into `low`; the caller has checked that they are there. */
export function readFixed32(cursor: Cursor): void {
  const { bytes, pos } = cursor;
  cursor.low = (bytes[pos]! | (bytes[pos + 1]! << 8) | (bytes[pos + 2]! << 16) | (bytes[pos + 3]! << 24)) >>> 0;
  cursor.high = 0;
  cursor.pos = pos + 4;
}

/** Reads 8 bytes, little endian, into `low` and `high`; the caller has checked that they are there. */
export function readFixed64(cursor: Cursor): void {
  readFixed32(cursor);
  const low = cursor.low;
  readFixed32(cursor);
  cursor.high = cursor.low;
  cursor.low = low;
}

const floatBits = new DataView(new ArrayBuffer(8));

/** The last 8 bytes as a double. */
export function doubleOf(cursor: Cursor): number {
  floatBits.setUint32(0, cursor.low, true);
  floatBits.setUint32(4, cursor.high, true);
  return floatBits.getFloat64(0, true);
}

/** The last 4 bytes as a float. */
export function floatOf(cursor: Cursor): number {
  floatBits.setUint32(0, cursor.low, true);
  return floatBits.getFloat32(0, true);
}
