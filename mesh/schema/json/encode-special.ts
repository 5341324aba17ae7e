// Messages of google.protobuf whose JSON is a value of its own: times, durations, masks, wrappers, free-form values.

import { limits } from '../limits.ts';
import { report, step } from '../path.ts';
import type { MessageShape, Special } from '../shape.ts';
import { parseDuration, parseTimestamp, type Time } from '../time.ts';
import { isDuration, isTimestamp } from '../validate/check-time.ts';
import { scalarWriter, type Write } from './encode-scalar.ts';
import { closeLength, ensure, type Output, openLength, writeText, writeVarint } from './output.ts';

/** Writes the contents of a message, without its length. */
export function specialWriter(shape: MessageShape): Write {
  return shape.special === 'wrapper'
    ? wrapperWriter(shape)
    : writers[shape.special as Exclude<Special, 'wrapper' | 'none'>];
}

const tag = { varint1: 0x08, varint2: 0x10, text1: 0x0a, text2: 0x12 };

const writers: Readonly<Record<Exclude<Special, 'wrapper' | 'none'>, Write>> = {
  timestamp(out, value, name, position) {
    const time = typeof value === 'string' ? parseTimestamp(value) : undefined;
    if (time && isTimestamp(time)) writeTime(out, time);
    else report(out, name, position, 'is not a time such as 2026-01-31T09:30:00Z');
  },
  duration(out, value, name, position) {
    const time = typeof value === 'string' ? parseDuration(value) : undefined;
    if (time && isDuration(time)) writeTime(out, time);
    else report(out, name, position, 'is not a duration such as 1.5s');
  },
  mask(out, value, name, position) {
    if (typeof value !== 'string' || !/^([a-z0-9_.]+(,[a-z0-9_.]+)*|\*)?$/.test(value)) {
      return report(out, name, position, 'is not a list of field names such as title,place.name');
    }
    writeMask(out, value === '' ? [] : value.split(','));
  },
  struct: writeStruct,
  value: writeValue,
  list: writeList,
};

function writeTime(out: Output, { seconds, nanos }: Time): void {
  ensure(out, 22);
  if (seconds !== 0) {
    out.buffer[out.pos++] = tag.varint1;
    writeVarint(out, seconds);
  }
  if (nanos !== 0) {
    out.buffer[out.pos++] = tag.varint2;
    writeVarint(out, nanos);
  }
}

/** Writes the contents of a FieldMask. */
export function writeMask(out: Output, paths: readonly string[]): void {
  for (const path of paths) {
    ensure(out, 1);
    out.buffer[out.pos++] = tag.text1;
    writeText(out, path);
  }
}

function wrapperWriter(shape: MessageShape): Write {
  const field = shape.fields[0]!;
  const write = scalarWriter(field);
  const isText = field.type === 'string' || field.type === 'bytes';
  const head = isText ? tag.text1 : field.type === 'double' ? 0x09 : field.type === 'float' ? 0x0d : tag.varint1;
  return (out, value, name, position) => {
    ensure(out, 1);
    out.buffer[out.pos++] = head;
    write(out, value, name, position);
  };
}

function writeStruct(out: Output, value: unknown, name: string, position: number): void {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    report(out, name, position, 'is not an object');
    return;
  }
  if (!enter(out, name, position)) return;
  const members = value as Record<string, unknown>;
  for (const key of Object.keys(members)) {
    if (key === '__proto__') {
      report(out, key, -1, 'is not allowed as a key');
      continue;
    }
    ensure(out, 2);
    out.buffer[out.pos++] = tag.text1;
    const entry = openLength(out);
    ensure(out, 1);
    out.buffer[out.pos++] = tag.text1;
    if (!writeText(out, key)) report(out, '', -1, 'has a key that is not valid Unicode');
    ensure(out, 1);
    out.buffer[out.pos++] = tag.text2;
    const start = openLength(out);
    writeValue(out, members[key], key, -1);
    closeLength(out, start);
    closeLength(out, entry);
  }
  leave(out);
}

function writeList(out: Output, value: unknown, name: string, position: number): void {
  if (!Array.isArray(value)) {
    report(out, name, position, 'is not an array');
    return;
  }
  if (!enter(out, name, position)) return;
  for (const [i, item] of value.entries()) {
    ensure(out, 1);
    out.buffer[out.pos++] = tag.text1;
    const start = openLength(out);
    writeValue(out, item, '', i);
    closeLength(out, start);
  }
  leave(out);
}

/** Numbers of google.protobuf.Value's fields, shifted over their wire types. */
const kind = { null: 0x08, number: 0x11, text: 0x1a, bool: 0x20, struct: 0x2a, list: 0x32 };

function writeValue(out: Output, value: unknown, name: string, position: number): void {
  ensure(out, 9);
  if (value === null) {
    out.buffer[out.pos++] = kind.null;
    out.buffer[out.pos++] = 0;
  } else if (typeof value === 'number' && Number.isFinite(value)) {
    out.buffer[out.pos++] = kind.number;
    out.view.setFloat64(out.pos, value, true);
    out.pos += 8;
  } else if (typeof value === 'string') {
    out.buffer[out.pos++] = kind.text;
    if (!writeText(out, value)) report(out, name, position, 'is not valid Unicode');
  } else if (typeof value === 'boolean') {
    out.buffer[out.pos++] = kind.bool;
    out.buffer[out.pos++] = value ? 1 : 0;
  } else if (typeof value === 'object') {
    const isList = Array.isArray(value);
    out.buffer[out.pos++] = isList ? kind.list : kind.struct;
    const start = openLength(out);
    if (isList) writeList(out, value, name, position);
    else writeStruct(out, value, name, position);
    closeLength(out, start);
  } else report(out, name, position, 'is no JSON value');
}

/** Goes one object or array deeper; false where that is too deep. */
export function enter(out: Output, name: string, position: number): boolean {
  if (out.depth >= limits.depth) {
    report(out, name, position, `is nested deeper than ${limits.depth}`);
    return false;
  }
  out.depth++;
  step(out, name, position);
  return true;
}

export function leave(out: Output): void {
  out.depth--;
  out.steps--;
}
