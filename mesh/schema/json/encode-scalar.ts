// One JSON value to one encoded scalar. What has the wrong shape is reported; nothing is written for it.

import { Buffer } from 'node:buffer';
import { report } from '../path.ts';
import type { EnumShape, FieldShape, ScalarName } from '../shape.ts';
import { ensure, type Output, writeText, writeVarint, writeVarint32 } from './output.ts';

/** Writes a value without its tag; `name` and `position` say where it stands. */
export type Write = (out: Output, value: unknown, name: string, position: number) => void;

export const floatMax = 3.4028234663852886e38;

/** How a field's single values are written. */
export function scalarWriter(field: FieldShape): Write {
  if (field.type === 'enum') return enumWriter(field.enum!);
  return writers[field.type as ScalarName];
}

function whole(low: number, high: number, write: (out: Output, value: number) => void): Write {
  return (out, value, name, position) => {
    if (typeof value !== 'number' || !Number.isInteger(value)) report(out, name, position, 'is not a whole number');
    else if (value < low || value > high) report(out, name, position, 'is out of range');
    else {
      ensure(out, 10);
      write(out, value);
    }
  };
}

function real(max: number, write: (out: Output, value: number) => void): Write {
  return (out, value, name, position) => {
    if (typeof value !== 'number') report(out, name, position, 'is not a number');
    else if (!(Math.abs(value) <= max)) report(out, name, position, 'is out of range');
    else {
      ensure(out, 8);
      write(out, value);
    }
  };
}

const writeZigzag = (out: Output, value: number) => {
  if (value >= -0x40000000 && value < 0x40000000) writeVarint32(out, ((value << 1) ^ (value >> 31)) >>> 0);
  else if (value >= 0) writeDoubled(out, value, 0);
  else writeDoubled(out, -value - 1, 1);
};

/** Writes 2 × value + odd, which may lie above 2^53. */
function writeDoubled(out: Output, value: number, odd: number): void {
  const low = value % 0x40000000;
  let rest = Math.floor(value / 0x40000000);
  // 31 bit of the doubled value, then what is left, 7 bit at a time.
  let bits = low * 2 + odd;
  for (let i = 0; i < 4; i++) {
    out.buffer[out.pos++] = (bits & 0x7f) | 0x80;
    bits >>>= 7;
  }
  rest = rest * 8 + bits;
  while (rest > 0x7f) {
    out.buffer[out.pos++] = (rest & 0x7f) | 0x80;
    rest = Math.floor(rest / 128);
  }
  out.buffer[out.pos++] = rest;
}

const writeFixed32 = (out: Output, value: number) => {
  out.view.setInt32(out.pos, value | 0, true);
  out.pos += 4;
};

const writeFixed64 = (out: Output, value: number) => {
  out.view.setUint32(out.pos, value >>> 0, true);
  out.view.setInt32(out.pos + 4, Math.floor(value / 0x100000000), true);
  out.pos += 8;
};

const int32 = [-0x80000000, 0x7fffffff] as const;
const uint32 = [0, 0xffffffff] as const;
const int64 = [Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER] as const;
const uint64 = [0, Number.MAX_SAFE_INTEGER] as const;

const writers: Readonly<Record<ScalarName, Write>> = {
  string(out, value, name, position) {
    if (typeof value !== 'string') report(out, name, position, 'is not a string');
    else if (!writeText(out, value)) report(out, name, position, 'is not valid Unicode');
  },
  bytes(out, value, name, position) {
    if (typeof value !== 'string' || !isBase64(value)) return report(out, name, position, 'is not base64');
    const bytes = Buffer.from(value, 'base64');
    ensure(out, bytes.length + 5);
    writeVarint32(out, bytes.length);
    out.pos += bytes.copy(out.buffer, out.pos);
  },
  bool(out, value, name, position) {
    if (typeof value !== 'boolean') return report(out, name, position, 'is neither true nor false');
    ensure(out, 1);
    out.buffer[out.pos++] = value ? 1 : 0;
  },
  int32: whole(...int32, writeVarint),
  uint32: whole(...uint32, writeVarint),
  sint32: whole(...int32, writeZigzag),
  fixed32: whole(...uint32, writeFixed32),
  sfixed32: whole(...int32, writeFixed32),
  int64: whole(...int64, writeVarint),
  uint64: whole(...uint64, writeVarint),
  sint64: whole(...int64, writeZigzag),
  fixed64: whole(...uint64, writeFixed64),
  sfixed64: whole(...int64, writeFixed64),
  float: real(floatMax, (out, value) => {
    out.view.setFloat32(out.pos, value, true);
    out.pos += 4;
  }),
  double: real(Number.MAX_VALUE, (out, value) => {
    out.view.setFloat64(out.pos, value, true);
    out.pos += 8;
  }),
};

/** Standard and URL alphabet, with or without padding. */
function isBase64(text: string): boolean {
  return /^[A-Za-z0-9+/_-]*={0,2}$/.test(text) && text.replace(/=+$/, '').length % 4 !== 1;
}

/** Names told where a value is none of an enum; one with more is too long to list. */
const namesTold = 20;

function enumWriter({ numbers }: EnumShape): Write {
  const known = [...numbers.keys()].filter((name) => numbers.get(name) !== 0);
  const wrong = known.length > namesTold ? 'is not one of the known values' : `is not one of ${known.join(', ')}`;
  return (out, value, name, position) => {
    const number = typeof value === 'string' ? numbers.get(value) : undefined;
    if (number === undefined) return report(out, name, position, wrong);
    ensure(out, 10);
    writeVarint(out, number);
  };
}
