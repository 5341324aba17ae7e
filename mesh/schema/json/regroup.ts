// Bytes as no encoder of today writes them, put in the order that all of them use: each field once, lists in one piece.
// Protobuf allows any order; the last value of a field counts, and parts of a message are merged.

import { Buffer } from 'node:buffer';
import type { MessageShape } from '../shape.ts';
import { cursorOf, readLength, readTag, skipValue } from '../wire.ts';
import { malformed } from './input.ts';

/** The same message with one record for each singular field, and the records of each list behind one another. */
export function regroup(shape: MessageShape, bytes: Buffer): Buffer {
  const records = new Map<number, Buffer[]>();
  const chosen = new Map<number, number>();
  const cursor = cursorOf(bytes);
  while (cursor.pos < cursor.end) {
    const from = cursor.pos;
    const tag = readTag(cursor);
    const number = tag >>> 3;
    if (tag === 0 || !skipValue(cursor, tag & 7)) throw malformed();
    const field = shape.byNumber.get(number);
    if (!field) continue;
    if (field.oneof >= 0) {
      const other = chosen.get(field.oneof);
      if (other !== undefined && other !== number) records.delete(other);
      chosen.set(field.oneof, number);
    }
    const record = bytes.subarray(from, cursor.pos);
    const before = records.get(number);
    const keepsAll = field.list || field.map !== undefined || field.type === 'message';
    if (before && keepsAll) before.push(record);
    else records.set(number, [record]);
  }
  const ordered = Array.from(records, ([number, parts]) => {
    const field = shape.byNumber.get(number)!;
    return field.list || field.map || parts.length === 1 ? parts : merged(parts);
  });
  return Buffer.concat(ordered.flat());
}

/** The records of one message field as one: their contents behind one another. */
function merged(records: readonly Buffer[]): Buffer[] {
  const tag = records[0]!.subarray(0, contentOf(records[0]!).tag);
  const contents = records.map((record) => record.subarray(contentOf(record).from));
  const length: number[] = [];
  let rest = contents.reduce((sum, content) => sum + content.length, 0);
  for (; rest > 0x7f; rest >>>= 7) length.push((rest & 0x7f) | 0x80);
  return [tag, Buffer.from([...length, rest]), ...contents];
}

/** Where a record's tag ends, and where its content begins. */
function contentOf(record: Buffer): { tag: number; from: number } {
  const cursor = cursorOf(record);
  readTag(cursor);
  const tag = cursor.pos;
  if (readLength(cursor) < 0) throw malformed();
  return { tag, from: cursor.pos };
}
