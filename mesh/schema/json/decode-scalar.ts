// One encoded scalar to JSON text.

import type { FieldShape, ScalarName } from '../shape.ts';
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
import { quoted } from './decode-text.ts';
import { type Input, malformed } from './input.ts';

/** Reads one value and leaves the input behind it. Throws MALFORMED_FRAME. */
export type Read = (input: Input) => string;

export type ScalarReader = { readonly wire: number; readonly zero: string; readonly read: Read };

export function scalarReader(field: FieldShape): ScalarReader {
  if (field.type !== 'enum') return readers[field.type as ScalarName];
  const texts = new Map([...field.enum!.names].map(([number, name]) => [number, `"${name}"`]));
  const read: Read = (input) => {
    if (!readVarint(input)) throw malformed();
    const number = signed64(input);
    // A value of a newer service: its number says more than nothing.
    return texts.get(number) ?? whole(number);
  };
  return { wire: wireType.varint, zero: texts.get(0) ?? '0', read };
}

function varint(value: (input: Input) => number, exact: (input: Input) => bigint): ScalarReader {
  const read: Read = (input) => {
    if (!readVarint(input)) throw malformed();
    const number = value(input);
    return Number.isSafeInteger(number) ? whole(number) : String(exact(input));
  };
  return { wire: wireType.varint, zero: '0', read };
}

function fixed32(value: (input: Input) => number): ScalarReader {
  const read: Read = (input) => {
    if (input.end - input.pos < 4) throw malformed();
    readFixed32(input);
    return real(value(input));
  };
  return { wire: wireType.bit32, zero: '0', read };
}

function fixed64(value: (input: Input) => number, exact?: (input: Input) => bigint): ScalarReader {
  const read: Read = (input) => {
    if (input.end - input.pos < 8) throw malformed();
    readFixed64(input);
    const number = value(input);
    return exact === undefined || Number.isSafeInteger(number) ? real(number) : String(exact(input));
  };
  return { wire: wireType.bit64, zero: '0', read };
}

function whole(number: number): string {
  return `${number}`;
}

/** JSON has neither NaN nor infinity; null is what JSON.stringify makes of them, too. */
function real(number: number): string {
  if (!Number.isFinite(number)) return 'null';
  return Object.is(number, -0) ? '-0' : `${number}`;
}

const exactUnsigned = ({ low, high }: Input) => (BigInt(high) << 32n) | BigInt(low);
const exactSigned = (input: Input) => BigInt.asIntN(64, exactUnsigned(input));
const exactZigzag = (input: Input) => {
  const bits = exactUnsigned(input);
  return bits & 1n ? -(bits >> 1n) - 1n : bits >> 1n;
};

/** Leaves a string or bytes behind; where they start. */
function passLength(input: Input): number {
  const length = readLength(input);
  if (length < 0) throw malformed();
  const from = input.pos;
  input.pos += length;
  return from;
}

const readers: Readonly<Record<ScalarName, ScalarReader>> = {
  string: {
    wire: wireType.bytes,
    zero: '""',
    read(input) {
      const from = passLength(input);
      return quoted(input.bytes, from, input.pos);
    },
  },
  bytes: {
    wire: wireType.bytes,
    zero: '""',
    read(input) {
      const from = passLength(input);
      return `"${input.bytes.toString('base64', from, input.pos)}"`;
    },
  },
  bool: {
    wire: wireType.varint,
    zero: 'false',
    read(input) {
      if (!readVarint(input)) throw malformed();
      return input.low === 0 && input.high === 0 ? 'false' : 'true';
    },
  },
  int32: varint((input) => input.low | 0, exactSigned),
  uint32: varint((input) => input.low, exactUnsigned),
  sint32: varint((input) => (input.low >>> 1) ^ -(input.low & 1), exactZigzag),
  int64: varint(signed64, exactSigned),
  uint64: varint(unsigned64, exactUnsigned),
  sint64: varint(zigzag64, exactZigzag),
  fixed32: fixed32((input) => input.low),
  sfixed32: fixed32((input) => input.low | 0),
  float: fixed32(floatOf),
  fixed64: fixed64(unsigned64, exactUnsigned),
  sfixed64: fixed64(signed64, exactSigned),
  double: fixed64(doubleOf),
};
