// Decoders: protobuf bytes to the edge's JSON text, without a message object in between. Compiled once.
// They read fields in the order in which they come; bytes in no encoder's order are put in order first.

import type { FieldShape, MessageShape } from '../shape.ts';
import { readTag, skipValue, wireType } from '../wire.ts';
import { type Read, scalarReader } from './decode-scalar.ts';
import { endOf, specialReader, within } from './decode-special.ts';
import { goDeeper, type Input, inputOf, malformed, openSeen } from './input.ts';
import { regroup } from './regroup.ts';

type FieldPlan = {
  /** `"name":` */
  readonly key: string;
  readonly index: number;
  readonly wire: number;
  readonly packable: boolean;
  readonly read: Read;
  /** What opens and closes a list or map; empty: it is neither. */
  readonly open: string;
  readonly close: string;
  /** `,"media":`, behind which a list shows its first item once more; empty: it does not. */
  readonly firstKey: string;
  /** Text of the value that is the same as absent; empty: there is none. */
  readonly zero: string;
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
  readonly always: readonly { readonly index: number; readonly text: string }[];
};

const denseNumbers = 256;

/** The decoder of a message; it throws MALFORMED_FRAME for bytes that are none. */
export function compileDecoder(shape: MessageShape): (bytes: Uint8Array) => string {
  const read = contentReader(shape);
  return (bytes) => read(inputOf(bytes));
}

/** Reads a message up to the input's end. */
function contentReader(shape: MessageShape): Read {
  if (shape.special !== 'none') return specialReader(shape);
  let plan: MessagePlan | undefined;
  const readPlain: Read = (input) => {
    plan ??= planOf(shape);
    goDeeper(input);
    const text = (input.careful ? undefined : readMessage(plan, input)) ?? readInOrder(plan, input);
    input.depth--;
    return text;
  };
  return shape.tuple ? tupleReader(shape) : readPlain;
}

/** Undefined where a field comes a second time: then its values are not in one piece. */
function readMessage(plan: MessagePlan, input: Input): string | undefined {
  const start = input.pos;
  const base = openSeen(input, plan.size);
  const { seen } = input;
  let text = '';
  let open: FieldPlan | undefined;
  let first = '';
  while (input.pos < input.end) {
    const tag = readTag(input);
    if (tag === 0) throw malformed();
    const number = tag >>> 3;
    const field = number < denseNumbers ? plan.dense[number] : plan.sparse.get(number);
    if (field === undefined) {
      if (!skipValue(input, tag & 7)) throw malformed();
      continue;
    }
    const value = (tag & 7) === field.wire ? field.read(input) : readPacked(field, input, tag & 7);
    if (field === open) {
      if (value !== '') text += `,${value}`;
      continue;
    }
    if (open !== undefined) text += closed(open, first);
    open = undefined;
    if (seen[base + field.index] !== 0 || (field.oneof >= 0 && seen[base + field.oneof] !== 0)) {
      input.pos = start;
      input.top = base;
      return undefined;
    }
    seen[base + field.index] = 1;
    if (field.oneof >= 0) seen[base + field.oneof] = 1;
    if (value === '' || value === field.zero) {
      if (value === '' || field.shown) seen[base + field.index] = 0;
      continue;
    }
    text += text === '' ? field.key : `,${field.key}`;
    if (field.open === '') text += value;
    else {
      text += field.open + value;
      open = field;
      first = value;
    }
  }
  if (open !== undefined) text += closed(open, first);
  for (const { index, text: empty } of plan.always) {
    if (seen[base + index] === 0) text += text === '' ? empty : `,${empty}`;
  }
  input.top = base;
  return `{${text}}`;
}

function closed(field: FieldPlan, first: string): string {
  return field.firstKey === '' ? field.close : field.close + field.firstKey + first;
}

function readInOrder(plan: MessagePlan, input: Input): string {
  input.careful = true;
  const ordered = inputOf(regroup(plan.shape, input.bytes.subarray(input.pos, input.end)));
  ordered.depth = input.depth;
  ordered.top = input.top;
  ordered.careful = true;
  input.pos = input.end;
  return readMessage(plan, ordered) ?? '{}';
}

/** The items of a packed list, with commas between; empty where there are none. */
function readPacked(field: FieldPlan, input: Input, wire: number): string {
  if (!field.packable || wire !== wireType.bytes) throw malformed();
  const end = input.end;
  input.end = endOf(input);
  let text = '';
  while (input.pos < input.end) text += text === '' ? field.read(input) : `,${field.read(input)}`;
  input.end = end;
  return text;
}

const plans = new WeakMap<MessageShape, MessagePlan>();

function planOf(shape: MessageShape): MessagePlan {
  const known = plans.get(shape);
  if (known) return known;
  const dense: (FieldPlan | undefined)[] = [];
  const sparse = new Map<number, FieldPlan>();
  const always: { index: number; text: string }[] = [];
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

function emptyText(field: FieldShape, { key, open, close }: FieldPlan): string {
  return key + (open === '' ? scalarReader(field).zero : open + close);
}

function fieldPlan(field: FieldShape, parent: MessageShape): FieldPlan {
  const { wire, read } = readerOf(field);
  const first = field.rule.jsonFirst;
  return {
    key: `"${field.name}":`,
    index: field.index,
    wire,
    packable: field.list && wire !== wireType.bytes,
    read,
    open: field.list ? '[' : field.map ? '{' : '',
    close: field.list ? ']' : field.map ? '}' : '',
    firstKey: first === '' ? '' : `,"${first}":`,
    zero: field.presence || field.list || field.map ? '' : scalarReader(field).zero,
    shown: isShown(field, parent),
    oneof: field.oneof < 0 ? -1 : parent.fields.length + field.oneof,
  };
}

function readerOf(field: FieldShape): { readonly wire: number; readonly read: Read } {
  if (field.map) return { wire: wireType.bytes, read: entryReader(field) };
  if (field.type !== 'message') return scalarReader(field);
  const read = contentReader(field.message!);
  return { wire: wireType.bytes, read: (input) => within(input, read) };
}

/** One entry of a map, `"key":value`. */
function entryReader(field: FieldShape): Read {
  const { key, value } = field.map!;
  const keys = scalarReader(key);
  const values = readerOf(value);
  const zero = value.message ? (value.message.special === 'none' ? '{}' : 'null') : scalarReader(value).zero;
  const quote = key.type === 'string' ? '' : '"';
  return (input) => {
    const end = input.end;
    input.end = endOf(input);
    let name = keys.zero;
    let text = zero;
    while (input.pos < input.end) {
      const tag = readTag(input);
      if (tag === ((1 << 3) | keys.wire)) name = keys.read(input);
      else if (tag === ((2 << 3) | values.wire)) text = values.read(input);
      else if (tag === 0 || !skipValue(input, tag & 7)) throw malformed();
    }
    input.end = end;
    return `${quote}${name}${quote}:${text}`;
  };
}

/** A message as an array of its fields in the order of their numbers; what is absent is zero. */
function tupleReader(shape: MessageShape): Read {
  const readers = shape.fields.map(readerOf);
  const zeros = shape.fields.map((field) => scalarReader(field).zero);
  return (input) => {
    const values = zeros.slice();
    while (input.pos < input.end) {
      const tag = readTag(input);
      const field = shape.byNumber.get(tag >>> 3);
      if (field && readers[field.index]!.wire === (tag & 7)) values[field.index] = readers[field.index]!.read(input);
      else if (tag === 0 || !skipValue(input, tag & 7)) throw malformed();
    }
    return `[${values.join()}]`;
  };
}
