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
import { type Input, malformed } from './input.ts';
import { bytesOf, type JsonWriter } from './json-writer.ts';

/** Reads one value, writes its JSON, and leaves the input behind it. Throws MALFORMED_FRAME. */
export type Read = (input: Input, out: JsonWriter) => void;

export type ScalarReader = { readonly wire: number; readonly zero: Uint8Array; readonly read: Read };

export function scalarReader(field: FieldShape): ScalarReader {
  if (field.type !== 'enum') return readers[field.type as ScalarName];
  const texts = new Map([...field.enum!.names].map(([number, name]) => [number, bytesOf(`"${name}"`)]));
  const read: Read = (input, out) => {
    if (!readVarint(input)) throw malformed();
    const number = signed64(input);
    const text = texts.get(number);
    // A value of a newer service: its number says more than nothing.
    if (text === undefined) out.number(number);
    else out.raw(text);
  };
  return { wire: wireType.varint, zero: texts.get(0) ?? zero, read };
}

const zero = bytesOf('0');
const empty = bytesOf('""');
const yes = bytesOf('true');
const no = bytesOf('false');

function varint(value: (input: Input) => number, exact: (input: Input) => bigint): ScalarReader {
  const read: Read = (input, out) => {
    if (!readVarint(input)) throw malformed();
    const number = value(input);
    if (Number.isSafeInteger(number)) out.number(number);
    else out.text(String(exact(input)));
  };
  return { wire: wireType.varint, zero, read };
}

function fixed32(value: (input: Input) => number): ScalarReader {
  const read: Read = (input, out) => {
    if (input.end - input.pos < 4) throw malformed();
    readFixed32(input);
    writeReal(out, value(input));
  };
  return { wire: wireType.bit32, zero, read };
}

function fixed64(value: (input: Input) => number, exact?: (input: Input) => bigint): ScalarReader {
  const read: Read = (input, out) => {
    if (input.end - input.pos < 8) throw malformed();
    readFixed64(input);
    const number = value(input);
    if (exact === undefined || Number.isSafeInteger(number)) writeReal(out, number);
    else out.text(String(exact(input)));
  };
  return { wire: wireType.bit64, zero, read };
}

/** JSON has neither NaN nor infinity; null is what JSON.stringify makes of them, too. */
export function writeReal(out: JsonWriter, number: number): void {
  if (Number.isFinite(number)) out.number(number);
  else out.text('null');
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
    zero: empty,
    read(input, out) {
      const from = passLength(input);
      out.quoted(input.bytes, from, input.pos);
    },
  },
  bytes: {
    wire: wireType.bytes,
    zero: empty,
    read(input, out) {
      const from = passLength(input);
      out.text(`"${input.bytes.toString('base64', from, input.pos)}"`);
    },
  },
  bool: {
    wire: wireType.varint,
    zero: no,
    read(input, out) {
      if (!readVarint(input)) throw malformed();
      out.raw(input.low === 0 && input.high === 0 ? no : yes);
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
