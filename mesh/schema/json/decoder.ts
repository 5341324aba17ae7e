// Decoders: protobuf bytes to the edge's JSON text, without a message object or a string in between. Compiled once.
// They read fields in the order in which they come; bytes in no encoder's order are put in order first.

import { Buffer } from 'node:buffer';
import type { FieldShape, MessageShape } from '../shape.ts';
import { readTag, skipValue, wireType } from '../wire.ts';
import { type Read, scalarReader } from './decode-scalar.ts';
import { endOf, type OneField, readLast, specialReader, within } from './decode-special.ts';
import { goDeeper, type Input, inputOf, malformed, openSeen } from './input.ts';
import { bytesOf, type JsonWriter } from './json-writer.ts';
import { regroup } from './regroup.ts';

type FieldPlan = {
  /** `"name":`, and what opens a list or map. */
  readonly key: Uint8Array;
  readonly index: number;
  readonly wire: number;
  readonly packable: boolean;
  readonly read: Read;
  /** Closes a list or map; 0: it is neither. */
  readonly close: number;
  /** `,"media":`, behind which a list shows its first item once more; undefined: it does not. */
  readonly firstKey: Uint8Array | undefined;
  /** The value that is the same as absent; undefined: there is none. */
  readonly zero: Uint8Array | undefined;
  /** Also when it is empty. */
  readonly shown: boolean;
  /** Where its oneof stands among what was seen; −1: it is in none. */
  readonly oneof: number;
};

type MessagePlan = {
  readonly shape: MessageShape;
  readonly dense: (FieldPlan | undefined)[];
  readonly sparse: Map<number, FieldPlan>;
  /** Fields and oneofs. */
  readonly size: number;
  /** Fields that are shown even when they are empty, with what they show then. */
  readonly always: readonly { readonly index: number; readonly text: Uint8Array }[];
};

const denseNumbers = 256;

const comma = 0x2c;
const colon = 0x3a;
const quote = 0x22;
const [openList, closeList] = [0x5b, 0x5d];
const [openMessage, closeMessage] = [0x7b, 0x7d];
const nothing = bytesOf('null');
const emptyMessage = bytesOf('{}');

/** Writes the JSON of an encoded message; throws MALFORMED_FRAME for bytes that are none. */
export function compileDecoder(shape: MessageShape): (bytes: Uint8Array, out: JsonWriter) => void {
  const read = contentReader(shape);
  return (bytes, out) => read(inputOf(bytes), out);
}

/** Reads a message up to the input's end. */
function contentReader(shape: MessageShape): Read {
  if (shape.special !== 'none') return specialReader(shape);
  let plan: MessagePlan | undefined;
  const readPlain: Read = (input, out) => {
    plan ??= planOf(shape);
    goDeeper(input);
    if (input.careful || !readMessage(plan, input, out)) readInOrder(plan, input, out);
    input.depth--;
  };
  return shape.tuple ? tupleReader(shape) : readPlain;
}

/** False, and nothing written, where a field comes a second time: then its values are not in one piece. */
function readMessage(plan: MessagePlan, input: Input, out: JsonWriter): boolean {
  const start = input.pos;
  const base = openSeen(input, plan.size);
  const { seen } = input;
  const from = out.length;
  out.byte(openMessage);
  let open: FieldPlan | undefined;
  let firstFrom = 0;
  let firstTo = 0;
  while (input.pos < input.end) {
    const tag = readTag(input);
    if (tag === 0) throw malformed();
    const number = tag >>> 3;
    const field = number < denseNumbers ? plan.dense[number] : plan.sparse.get(number);
    if (field === undefined) {
      if (!skipValue(input, tag & 7)) throw malformed();
      continue;
    }
    const before = out.length;
    if (field === open) {
      out.byte(comma);
      readField(field, input, out, tag & 7);
      if (out.length === before + 1) out.cut(before);
      continue;
    }
    if (open !== undefined) close(open, out, firstFrom, firstTo);
    open = undefined;
    if (seen[base + field.index] !== 0 || (field.oneof >= 0 && seen[base + field.oneof] !== 0)) {
      input.pos = start;
      input.top = base;
      out.cut(from);
      return false;
    }
    seen[base + field.index] = 1;
    if (field.oneof >= 0) seen[base + field.oneof] = 1;
    const unnamed = out.length;
    if (unnamed > from + 1) out.byte(comma);
    out.raw(field.key);
    firstFrom = out.length;
    readField(field, input, out, tag & 7);
    firstTo = out.length;
    const isEmpty = firstTo === firstFrom;
    if (isEmpty || (field.zero !== undefined && out.endsWith(field.zero, firstFrom))) {
      out.cut(unnamed);
      if (isEmpty || field.shown) seen[base + field.index] = 0;
    } else if (field.close !== 0) open = field;
  }
  if (open !== undefined) close(open, out, firstFrom, firstTo);
  for (const { index, text } of plan.always) {
    if (seen[base + index] !== 0) continue;
    if (out.length > from + 1) out.byte(comma);
    out.raw(text);
  }
  out.byte(closeMessage);
  input.top = base;
  return true;
}

function close(field: FieldPlan, out: JsonWriter, firstFrom: number, firstTo: number): void {
  out.byte(field.close);
  if (field.firstKey === undefined) return;
  out.raw(field.firstKey);
  out.repeat(firstFrom, firstTo);
}

function readInOrder(plan: MessagePlan, input: Input, out: JsonWriter): void {
  input.careful = true;
  const ordered = inputOf(regroup(plan.shape, input.bytes.subarray(input.pos, input.end)));
  ordered.depth = input.depth;
  ordered.top = input.top;
  ordered.careful = true;
  input.pos = input.end;
  if (!readMessage(plan, ordered, out)) out.raw(emptyMessage);
}

/** A value, or the items of a packed list with commas between; nothing where there are none. */
function readField(field: FieldPlan, input: Input, out: JsonWriter, wire: number): void {
  if (wire === field.wire) {
    field.read(input, out);
    return;
  }
  if (!field.packable || wire !== wireType.bytes) throw malformed();
  const end = input.end;
  input.end = endOf(input);
  for (let isFirst = true; input.pos < input.end; isFirst = false) {
    if (!isFirst) out.byte(comma);
    field.read(input, out);
  }
  input.end = end;
}

const plans = new WeakMap<MessageShape, MessagePlan>();

function planOf(shape: MessageShape): MessagePlan {
  const known = plans.get(shape);
  if (known) return known;
  const dense: (FieldPlan | undefined)[] = [];
  const sparse = new Map<number, FieldPlan>();
  const always: { index: number; text: Uint8Array }[] = [];
  const plan = { shape, dense, sparse, size: shape.fields.length + shape.oneofs.length, always };
  plans.set(shape, plan);
  for (const field of shape.fields) {
    const made = fieldPlan(field, shape);
    if (field.number < denseNumbers) dense[field.number] = made;
    else sparse.set(field.number, made);
    if (made.shown) always.push({ index: field.index, text: emptyText(field, made) });
  }
  return plan;
}

/**
 * An answer shows its own lists and scalars even when they are empty, and so does a message its required ones: whoever
 * reads them need not ask whether they are there.
 */
function isShown({ presence, rule }: FieldShape, parent: MessageShape): boolean {
  return !presence && (parent.response || rule.required);
}

function emptyText(field: FieldShape, { key, close }: FieldPlan): Uint8Array {
  return Buffer.concat([key, close === 0 ? scalarReader(field).zero : Uint8Array.of(close)]);
}

function fieldPlan(field: FieldShape, parent: MessageShape): FieldPlan {
  const { wire, read } = readerOf(field);
  const first = field.rule.jsonFirst;
  return {
    key: bytesOf(`"${field.name}":${field.list ? '[' : field.map ? '{' : ''}`),
    index: field.index,
    wire,
    packable: field.list && wire !== wireType.bytes,
    read,
    close: field.list ? closeList : field.map ? closeMessage : 0,
    firstKey: first === '' ? undefined : bytesOf(`,"${first}":`),
    zero: field.presence || field.list || field.map ? undefined : scalarReader(field).zero,
    shown: isShown(field, parent),
    oneof: field.oneof < 0 ? -1 : parent.fields.length + field.oneof,
  };
}

function readerOf(field: FieldShape): { readonly wire: number; readonly read: Read } {
  if (field.map) return { wire: wireType.bytes, read: entryReader(field) };
  if (field.type !== 'message') return scalarReader(field);
  const read = contentReader(field.message!);
  return { wire: wireType.bytes, read: (input, out) => within(input, out, read) };
}

/** A field of a small message whose fields are all shown, in an order of ours. */
function oneField(field: FieldShape, zero: Uint8Array): OneField {
  const { wire, read } = readerOf(field);
  return { tag: (field.number << 3) | wire, zero, read };
}

/** One entry of a map, `"key":value`. */
function entryReader(field: FieldShape): Read {
  const { key, value } = field.map!;
  const keys = oneField(key, scalarReader(key).zero);
  const values = oneField(value, zeroOf(value));
  const isText = key.type === 'string';
  const readEntry: Read = (input, out) => {
    const from = input.pos;
    if (!isText) out.byte(quote);
    readLast(input, out, keys);
    if (!isText) out.byte(quote);
    out.byte(colon);
    input.pos = from;
    readLast(input, out, values);
  };
  return (input, out) => within(input, out, readEntry);
}

function zeroOf(field: FieldShape): Uint8Array {
  if (!field.message) return scalarReader(field).zero;
  return field.message.special === 'none' ? emptyMessage : nothing;
}

/** A message as an array of its fields in the order of their numbers; what is absent is zero. */
function tupleReader(shape: MessageShape): Read {
  const fields = shape.fields.map((field) => oneField(field, scalarReader(field).zero));
  return (input, out) => {
    const from = input.pos;
    fields.forEach((field, at) => {
      out.byte(at === 0 ? openList : comma);
      input.pos = from;
      readLast(input, out, field);
    });
    out.byte(closeList);
  };
}
