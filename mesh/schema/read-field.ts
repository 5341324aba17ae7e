// One scalar of an encoded message, without decoding the rest: routing keys and request ids on the hot path.

import type { FieldShape, MessageShape } from './shape.ts';
import { textOf } from './utf8.ts';
import {
  type Cursor,
  cursorOf,
  readLength,
  readTag,
  readVarint,
  signed64,
  skipValue,
  unsigned64,
  wireType,
  zigzag64,
} from './wire.ts';

/** The field's last value as text; empty where it is absent, is no string or whole number, or the bytes end. */
export function readField(shape: MessageShape, bytes: Uint8Array, name: string): string {
  const field = shape.byName.get(name);
  if (!field || field.list) return '';
  const cursor = cursorOf(bytes);
  let value = '';
  while (cursor.pos < cursor.end) {
    const tag = readTag(cursor);
    if (tag === 0) return value;
    const type = tag & 7;
    if (tag >>> 3 !== field.number) {
      if (!skipValue(cursor, type)) return value;
    } else if (type === wireType.bytes && field.type === 'string') {
      const length = readLength(cursor);
      if (length < 0) return value;
      value = textOf(bytes, cursor.pos, cursor.pos + length);
      cursor.pos += length;
    } else if (type === wireType.varint) {
      if (!readVarint(cursor)) return value;
      value = numberOf(field, cursor);
    } else if (!skipValue(cursor, type)) return value;
  }
  return value;
}

function numberOf(field: FieldShape, cursor: Cursor): string {
  const value =
    field.type === 'uint32' || field.type === 'uint64'
      ? unsigned64(cursor)
      : field.type === 'sint32' || field.type === 'sint64'
        ? zigzag64(cursor)
        : signed64(cursor);
  return value === 0 ? '' : String(value);
}
