// Messages of google.protobuf whose JSON is a value of its own, read up to the input's end.

import type { MessageShape, Special } from '../shape.ts';
import { formatDuration, formatTimestamp, readTime, type Time } from '../time.ts';
import { isDuration, isTimestamp } from '../validate/check-time.ts';
import { doubleOf, readFixed64, readLength, readTag, readVarint, skipValue } from '../wire.ts';
import { type Read, scalarReader, writeReal } from './decode-scalar.ts';
import { goDeeper, type Input, malformed } from './input.ts';
import { bytesOf, type JsonWriter } from './json-writer.ts';

export function specialReader(shape: MessageShape): Read {
  return shape.special === 'wrapper'
    ? wrapperReader(shape)
    : readers[shape.special as Exclude<Special, 'wrapper' | 'none'>];
}

const time: Time = { seconds: 0, nanos: 0 };
const nothing = bytesOf('null');
const emptyText = bytesOf('""');

const readers: Readonly<Record<Exclude<Special, 'wrapper' | 'none'>, Read>> = {
  timestamp(input, out) {
    if (!readTime(input, time)) throw malformed();
    // ts-proto writes fractions before 1970 as negative nanoseconds.
    if (time.nanos < 0) {
      time.seconds--;
      time.nanos += 1e9;
    }
    if (isTimestamp(time)) out.text(`"${formatTimestamp(time)}"`);
    else out.raw(nothing);
  },
  duration(input, out) {
    if (!readTime(input, time)) throw malformed();
    if (isDuration(time)) out.text(`"${formatDuration(time)}"`);
    else out.raw(nothing);
  },
  mask(input, out) {
    out.text('"');
    let between = '';
    eachField(input, (tag) => {
      if (tag !== 0x0a) return false;
      const end = endOf(input);
      out.text(between);
      out.escaped(input.bytes, input.pos, end);
      between = ',';
      input.pos = end;
      return true;
    });
    out.text('"');
  },
  struct: readStruct,
  value: readValue,
  list: readList,
};

function wrapperReader(shape: MessageShape): Read {
  const { wire, zero, read } = scalarReader(shape.fields[0]!);
  return (input, out) => readLast(input, out, { tag: (1 << 3) | wire, zero, read });
}

const structKey: OneField = { tag: 0x0a, zero: emptyText, read: readQuoted };
const structValue: OneField = { tag: 0x12, zero: nothing, read: (input, out) => within(input, out, readValue) };

function readStruct(input: Input, out: JsonWriter): void {
  goDeeper(input);
  out.text('{');
  let between = '';
  eachField(input, (tag) => {
    if (tag !== 0x0a) return false;
    out.text(between);
    within(input, out, readStructEntry);
    between = ',';
    return true;
  });
  out.text('}');
  input.depth--;
}

function readStructEntry(input: Input, out: JsonWriter): void {
  const from = input.pos;
  readLast(input, out, structKey);
  out.text(':');
  input.pos = from;
  readLast(input, out, structValue);
}

function readList(input: Input, out: JsonWriter): void {
  goDeeper(input);
  out.text('[');
  let between = '';
  eachField(input, (tag) => {
    if (tag !== 0x0a) return false;
    out.text(between);
    within(input, out, readValue);
    between = ',';
    return true;
  });
  out.text(']');
  input.depth--;
}

function readValue(input: Input, out: JsonWriter): void {
  const from = out.length;
  out.raw(nothing);
  eachField(input, (tag) => {
    const read = valueReaders.get(tag);
    if (read === undefined) return false;
    out.cut(from);
    read(input, out);
    return true;
  });
}

/** By tag: null, number, text, bool, struct, list. */
const valueReaders: ReadonlyMap<number, Read> = new Map<number, Read>([
  [
    0x08,
    (input, out) => {
      if (!readVarint(input)) throw malformed();
      out.raw(nothing);
    },
  ],
  [0x11, readNumber],
  [0x1a, readQuoted],
  [
    0x20,
    (input, out) => {
      if (!readVarint(input)) throw malformed();
      out.text(input.low === 0 && input.high === 0 ? 'false' : 'true');
    },
  ],
  [0x2a, (input, out) => within(input, out, readStruct)],
  [0x32, (input, out) => within(input, out, readList)],
]);

function readNumber(input: Input, out: JsonWriter): void {
  if (input.end - input.pos < 8) throw malformed();
  readFixed64(input);
  writeReal(out, doubleOf(input));
}

function readQuoted(input: Input, out: JsonWriter): void {
  const end = endOf(input);
  out.quoted(input.bytes, input.pos, end);
  input.pos = end;
}

/** Reads a message with its length. */
export function within(input: Input, out: JsonWriter, read: Read): void {
  const end = input.end;
  input.end = endOf(input);
  read(input, out);
  input.end = end;
}

/** Reads a length and says where the value ends. */
export function endOf(input: Input): number {
  const length = readLength(input);
  if (length < 0) throw malformed();
  return input.pos + length;
}

export type OneField = { readonly tag: number; readonly zero: Uint8Array; readonly read: Read };

/** Writes the last value of a field of the message at hand, or zero where it has none; reads up to the input's end. */
export function readLast(input: Input, out: JsonWriter, field: OneField): void {
  const from = out.length;
  out.raw(field.zero);
  while (input.pos < input.end) {
    const tag = readTag(input);
    if (tag === field.tag) {
      out.cut(from);
      field.read(input, out);
    } else if (tag === 0 || !skipValue(input, tag & 7)) throw malformed();
  }
}

/** Calls `take` at each field up to the input's end; what it does not take is skipped. */
function eachField(input: Input, take: (tag: number) => boolean): void {
  while (input.pos < input.end) {
    const tag = readTag(input);
    if (tag === 0) throw malformed();
    if (!take(tag) && !skipValue(input, tag & 7)) throw malformed();
  }
}
