// Messages of google.protobuf whose JSON is a value of its own, read up to the input's end.

import type { MessageShape, Special } from '../shape.ts';
import { formatDuration, formatTimestamp, readTime, type Time } from '../time.ts';
import { isDuration, isTimestamp } from '../validate/check-time.ts';
import { doubleOf, readFixed64, readLength, readTag, readVarint, skipValue } from '../wire.ts';
import { type Read, scalarReader } from './decode-scalar.ts';
import { quoted } from './decode-text.ts';
import { goDeeper, type Input, malformed } from './input.ts';

export function specialReader(shape: MessageShape): Read {
  return shape.special === 'wrapper'
    ? wrapperReader(shape)
    : readers[shape.special as Exclude<Special, 'wrapper' | 'none'>];
}

const time: Time = { seconds: 0, nanos: 0 };

const readers: Readonly<Record<Exclude<Special, 'wrapper' | 'none'>, Read>> = {
  timestamp(input) {
    if (!readTime(input, time)) throw malformed();
    // ts-proto writes fractions before 1970 as negative nanoseconds.
    if (time.nanos < 0) {
      time.seconds--;
      time.nanos += 1e9;
    }
    return isTimestamp(time) ? `"${formatTimestamp(time)}"` : 'null';
  },
  duration(input) {
    if (!readTime(input, time)) throw malformed();
    return isDuration(time) ? `"${formatDuration(time)}"` : 'null';
  },
  mask(input) {
    const paths: string[] = [];
    eachField(input, (tag) => {
      if (tag !== 0x0a) return false;
      const end = endOf(input);
      paths.push(quoted(input.bytes, input.pos, end).slice(1, -1));
      input.pos = end;
      return true;
    });
    return `"${paths.join(',')}"`;
  },
  struct: readStruct,
  value: readValue,
  list: readList,
};

function wrapperReader(shape: MessageShape): Read {
  const { wire, zero, read } = scalarReader(shape.fields[0]!);
  return (input) => {
    let text = zero;
    eachField(input, (tag) => {
      if (tag !== ((1 << 3) | wire)) return false;
      text = read(input);
      return true;
    });
    return text;
  };
}

function readStruct(input: Input): string {
  goDeeper(input);
  const members = new Map<string, string>();
  eachField(input, (tag) => {
    if (tag !== 0x0a) return false;
    const end = input.end;
    input.end = endOf(input);
    let key = '""';
    let value = 'null';
    eachField(input, (inner) => {
      if (inner === 0x0a) key = readQuoted(input);
      else if (inner === 0x12) value = within(input, readValue);
      else return false;
      return true;
    });
    input.end = end;
    members.set(key, value);
    return true;
  });
  input.depth--;
  return `{${Array.from(members, ([key, value]) => `${key}:${value}`).join()}}`;
}

function readList(input: Input): string {
  goDeeper(input);
  const items: string[] = [];
  eachField(input, (tag) => {
    if (tag !== 0x0a) return false;
    items.push(within(input, readValue));
    return true;
  });
  input.depth--;
  return `[${items.join()}]`;
}

function readValue(input: Input): string {
  let text = 'null';
  eachField(input, (tag) => {
    if (tag === 0x08) {
      if (!readVarint(input)) throw malformed();
      text = 'null';
    } else if (tag === 0x11) text = readNumber(input);
    else if (tag === 0x1a) text = readQuoted(input);
    else if (tag === 0x20) {
      if (!readVarint(input)) throw malformed();
      text = input.low === 0 && input.high === 0 ? 'false' : 'true';
    } else if (tag === 0x2a) text = within(input, readStruct);
    else if (tag === 0x32) text = within(input, readList);
    else return false;
    return true;
  });
  return text;
}

function readNumber(input: Input): string {
  if (input.end - input.pos < 8) throw malformed();
  readFixed64(input);
  const number = doubleOf(input);
  return Object.is(number, -0) ? '-0' : JSON.stringify(number);
}

function readQuoted(input: Input): string {
  const end = endOf(input);
  const text = quoted(input.bytes, input.pos, end);
  input.pos = end;
  return text;
}

/** Reads a message with its length. */
export function within(input: Input, read: Read): string {
  const end = input.end;
  input.end = endOf(input);
  const text = read(input);
  input.end = end;
  return text;
}

/** Reads a length and says where the value ends. */
export function endOf(input: Input): number {
  const length = readLength(input);
  if (length < 0) throw malformed();
  return input.pos + length;
}

/** Calls `take` at each field up to the input's end; what it does not take is skipped. */
function eachField(input: Input, take: (tag: number) => boolean): void {
  while (input.pos < input.end) {
    const tag = readTag(input);
    if (tag === 0) throw malformed();
    if (!take(tag) && !skipValue(input, tag & 7)) throw malformed();
  }
}
