// Checks of one encoded scalar by its field's rule. Each check reads exactly one value and leaves the walk behind it.

import { limits } from '../limits.ts';
import { report } from '../path.ts';
import type { FieldShape } from '../shape.ts';
import { textOf, utf16Length } from '../utf8.ts';
import {
  doubleOf,
  floatOf,
  readFixed32,
  readFixed64,
  readLength,
  readVarint,
  signed64,
  unsigned64,
  wireType,
  zigzag64,
} from '../wire.ts';
import type { Walk } from './walk.ts';

/** False where the bytes end too early; what is wrong with the value itself is reported. */
export type Check = (walk: Walk, position: number) => boolean;

export type ScalarCheck = { readonly wire: number; readonly check: Check };

export function scalarCheck(field: FieldShape): ScalarCheck {
  switch (field.type) {
    case 'string':
      return { wire: wireType.bytes, check: stringCheck(field) };
    case 'bytes':
      return { wire: wireType.bytes, check: bytesCheck(field) };
    case 'bool':
      return { wire: wireType.varint, check: boolCheck(field) };
    case 'enum':
      return { wire: wireType.varint, check: enumCheck(field) };
    default:
      return numberCheck(field);
  }
}

/** Of a singular number without presence, zero is always allowed: it also means absent. */
function zeroIsAbsent(field: FieldShape): boolean {
  return !field.list && !field.presence;
}

function stringCheck(field: FieldShape): Check {
  const { name, rule } = field;
  const min = rule.minLength;
  const max = rule.maxLength || limits.stringLength;
  const tooShort = `is shorter than ${min} characters`;
  const tooLong = `is longer than ${max} characters`;
  const form = formCheck(field);
  return (walk, position) => {
    const length = readLength(walk);
    if (length < 0) return false;
    const from = walk.pos;
    walk.pos += length;
    if (length === 0) {
      if (rule.required) report(walk, name, position, 'is required');
      return true;
    }
    const units = utf16Length(walk.bytes, from, walk.pos);
    if (units < 0) report(walk, name, position, 'is not valid UTF-8');
    else if (units > max) report(walk, name, position, tooLong);
    else if (units < min) report(walk, name, position, tooShort);
    else if (form) {
      const wrong = form(walk.bytes, from, walk.pos);
      if (wrong !== '') report(walk, name, position, wrong);
    }
    return true;
  };
}

type Form = (bytes: Uint8Array, from: number, to: number) => string;

/** What a text must look like beyond its length; undefined where anything goes. */
function formCheck({ rule }: FieldShape): Form | undefined {
  if (rule.id) return (bytes, from, to) => (isId(bytes, from, to) ? '' : 'is not an id of 12 digits');
  if (rule.url) return (bytes, from, to) => (isUrl(textOf(bytes, from, to)) ? '' : 'is not an http or https URL');
  if (rule.pattern === '') return undefined;
  const pattern = new RegExp(`^(?:${rule.pattern})$`, 'u');
  const wrong = `does not match ${rule.pattern}`;
  return (bytes, from, to) => (pattern.test(textOf(bytes, from, to)) ? '' : wrong);
}

function isId(bytes: Uint8Array, from: number, to: number): boolean {
  if (to - from !== 12) return false;
  for (let i = from; i < to; i++) if (bytes[i]! < 0x30 || bytes[i]! > 0x39) return false;
  return true;
}

function isUrl(text: string): boolean {
  return /^https?:\/\/[^\s\p{Cc}]+$/iu.test(text) && URL.canParse(text);
}

function bytesCheck({ name, rule }: FieldShape): Check {
  const max = rule.maxBytes || limits.bytes;
  return (walk, position) => {
    const length = readLength(walk);
    if (length < 0) return false;
    walk.pos += length;
    if (length > max) report(walk, name, position, `is longer than ${max} bytes`);
    else if (length === 0 && rule.required) report(walk, name, position, 'is required');
    return true;
  };
}

function boolCheck({ name }: FieldShape): Check {
  return (walk, position) => {
    if (!readVarint(walk)) return false;
    if (walk.high !== 0 || walk.low > 1) report(walk, name, position, 'is neither true nor false');
    return true;
  };
}

function enumCheck(field: FieldShape): Check {
  const { name, rule } = field;
  const known = field.enum!.names;
  return (walk, position) => {
    if (!readVarint(walk)) return false;
    const value = signed64(walk);
    if (value === 0 && rule.required) report(walk, name, position, 'is required');
    else if (!known.has(value)) report(walk, name, position, `has no value of number ${value}`);
    return true;
  };
}

type Reader = {
  readonly wire: number;
  /** Bytes that the value takes; 0: as many as its varint has. */
  readonly width: number;
  readonly value: (walk: Walk) => number;
  readonly low: number;
  readonly high: number;
};

const int32 = { low: -0x80000000, high: 0x7fffffff };
const uint32 = { low: 0, high: 0xffffffff };
const int64 = { low: Number.MIN_SAFE_INTEGER, high: Number.MAX_SAFE_INTEGER };
const uint64 = { low: 0, high: Number.MAX_SAFE_INTEGER };
const real = { low: -Number.MAX_VALUE, high: Number.MAX_VALUE };
const varint = { wire: wireType.varint, width: 0 };
const bit32 = { wire: wireType.bit32, width: 4 };
const bit64 = { wire: wireType.bit64, width: 8 };

const readers: Readonly<Record<string, Reader>> = {
  int32: { ...varint, ...int32, value: signed64 },
  uint32: { ...varint, ...uint32, value: unsigned64 },
  sint32: { ...varint, ...int32, value: zigzag64 },
  int64: { ...varint, ...int64, value: signed64 },
  uint64: { ...varint, ...uint64, value: unsigned64 },
  sint64: { ...varint, ...int64, value: zigzag64 },
  fixed32: { ...bit32, ...uint32, value: (walk) => walk.low },
  sfixed32: { ...bit32, ...int32, value: (walk) => walk.low | 0 },
  float: { ...bit32, ...real, value: floatOf },
  fixed64: { ...bit64, ...uint64, value: unsigned64 },
  sfixed64: { ...bit64, ...int64, value: signed64 },
  double: { ...bit64, ...real, value: doubleOf },
};

function numberCheck(field: FieldShape): ScalarCheck {
  const { name, rule } = field;
  const { wire, width, value, low, high } = readers[field.type]!;
  const skipZero = zeroIsAbsent(field);
  const min = rule.min ?? low;
  const max = rule.max ?? high;
  const tooSmall = `is less than ${min}`;
  const tooLarge = `is greater than ${max}`;
  const check: Check = (walk, position) => {
    if (width === 0) {
      if (!readVarint(walk)) return false;
    } else {
      if (walk.end - walk.pos < width) return false;
      if (width === 4) readFixed32(walk);
      else readFixed64(walk);
    }
    const number = value(walk);
    if (number === 0 && skipZero) return true;
    if (!(number >= low && number <= high)) report(walk, name, position, 'is out of range');
    else if (number < min) report(walk, name, position, tooSmall);
    else if (number > max) report(walk, name, position, tooLarge);
    return true;
  };
  return { wire, check };
}
