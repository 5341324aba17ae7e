// Encoders: the edge's JSON, as parsed, to protobuf bytes, without a message object in between.
// Compiled once for each message. What does not fit is told whole: every violation of shape, each with its path.

import { refuse } from '../../errors/refuse.ts';
import { report, step } from '../path.ts';
import type { FieldShape, MessageShape } from '../shape.ts';
import { scalarWriter, type Write } from './encode-scalar.ts';
import { enter, leave, specialWriter } from './encode-special.ts';
import { closeLength, ensure, newOutput, type Output, openLength, reset, take, writeVarint32 } from './output.ts';
import { type MaskWriter, maskWriter } from './update-mask.ts';

type FieldPlan = {
  readonly name: string;
  /** Bit of its oneof; 0: it is in none. */
  readonly oneof: number;
  /** google.protobuf.Value, whose null is a value. */
  readonly takesNull: boolean;
  /** Under another name only the first item of a list: it gives way to the list itself. */
  readonly yieldsTo: string;
  /** Writes tag and value. */
  readonly write: (out: Output, value: unknown) => void;
};

type MessagePlan = {
  readonly fields: Map<string, FieldPlan>;
  readonly oneofs: readonly string[];
  /** Of a tuple: its fields by number. */
  readonly tuple: readonly FieldPlan[] | undefined;
};

const out = newOutput();

/** The encoder of a message; it throws INVALID_REQUEST with what is wrong. `undefined` is the empty message. */
export function compileEncoder(shape: MessageShape): (value: unknown) => Uint8Array {
  const write = contentWriter(shape);
  const mask: MaskWriter | undefined = maskWriter(shape);
  return (value) => {
    reset(out);
    write(out, value === undefined ? {} : value, '', -1);
    if (out.violations.length > 0) throw refuse('INVALID_REQUEST', { violations: out.violations });
    if (mask) mask(out, (value ?? {}) as Record<string, unknown>);
    return take(out);
  };
}

/** Writes the contents of the outermost message, without its length. */
function contentWriter(shape: MessageShape): Write {
  if (shape.special !== 'none' || shape.tuple) return insideWriter(shape);
  let plan: MessagePlan | undefined;
  return (target, value, name, position) => {
    plan ??= planOf(shape);
    if (isObject(value)) writeMembers(plan, target, value);
    else report(target, name, position, 'is not an object');
  };
}

/** Writes the contents of a message within another. */
function insideWriter(shape: MessageShape): Write {
  if (shape.special !== 'none') return specialWriter(shape);
  let plan: MessagePlan | undefined;
  return (target, value, name, position) => {
    plan ??= planOf(shape);
    if (plan.tuple) return writeTuple(plan.tuple, target, value, name, position);
    if (!isObject(value)) return report(target, name, position, 'is not an object');
    if (!enter(target, name, position)) return;
    writeMembers(plan, target, value);
    leave(target);
  };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function writeMembers(plan: MessagePlan, target: Output, members: Record<string, unknown>): void {
  let oneofs = 0;
  for (const key in members) {
    const field = plan.fields.get(key);
    if (field === undefined) {
      report(target, key, -1, 'is unknown');
      continue;
    }
    const member = members[key];
    if (member === undefined || (member === null && !field.takesNull)) continue;
    if (field.oneof !== 0) {
      if (oneofs & field.oneof)
        report(target, key, -1, `is one too many of ${plan.oneofs[31 - Math.clz32(field.oneof)]}`);
      oneofs |= field.oneof;
    }
    if (field.yieldsTo !== '' && members[field.yieldsTo] != null) continue;
    field.write(target, member);
  }
}

function writeTuple(
  fields: readonly FieldPlan[],
  target: Output,
  value: unknown,
  name: string,
  position: number,
): void {
  if (!Array.isArray(value) || value.length !== fields.length) {
    const names = fields.map((field) => field.name).join(', ');
    report(target, name, position, `is not an array of ${fields.length}: ${names}`);
    return;
  }
  if (!enter(target, name, position)) return;
  for (let i = 0; i < fields.length; i++) fields[i]!.write(target, value[i]);
  leave(target);
}

const plans = new WeakMap<MessageShape, MessagePlan>();

function planOf(shape: MessageShape): MessagePlan {
  const known = plans.get(shape);
  if (known) return known;
  const fields = new Map<string, FieldPlan>();
  for (const field of shape.fields) {
    const plan = fieldPlan(field);
    fields.set(field.name, plan);
    if (field.rule.jsonFirst !== '') fields.set(field.rule.jsonFirst, firstPlan(field));
  }
  const oneofs = shape.oneofs.map((_, i) =>
    shape.fields
      .filter((field) => field.oneof === i)
      .map((field) => field.name)
      .join(', '),
  );
  const plan = { fields, oneofs, tuple: shape.tuple ? [...fields.values()] : undefined };
  plans.set(shape, plan);
  return plan;
}

function fieldPlan(field: FieldShape): FieldPlan {
  return {
    name: field.name,
    oneof: field.oneof < 0 ? 0 : 1 << field.oneof,
    takesNull: field.message?.special === 'value' && !field.list && !field.map,
    yieldsTo: '',
    write: field.map ? mapWriter(field) : field.list ? listWriter(field) : singleWriter(field),
  };
}

/** `json_first`: one item of a list, under a name of its own. */
function firstPlan(field: FieldShape): FieldPlan {
  const name = field.rule.jsonFirst;
  const item = itemWriter(field);
  return {
    name,
    oneof: 0,
    takesNull: false,
    yieldsTo: field.name,
    write: (target, value) => item(target, value, name, -1),
  };
}

/** A value with its tag. */
function itemWriter(field: FieldShape): Write {
  const tag = tagOf(field);
  const write = valueWriter(field);
  return (target, value, name, position) => {
    ensure(target, 5);
    writeVarint32(target, tag);
    write(target, value, name, position);
  };
}

function valueWriter(field: FieldShape): Write {
  if (field.type !== 'message') return scalarWriter(field);
  const write = insideWriter(field.message!);
  return (target, value, name, position) => {
    const start = openLength(target);
    write(target, value, name, position);
    closeLength(target, start);
  };
}

function singleWriter(field: FieldShape): FieldPlan['write'] {
  const { name, presence } = field;
  const write = itemWriter(field);
  if (presence) return (target, value) => write(target, value, name, -1);
  // Without presence zero is the same as absent, and absent is shorter.
  const zero = field.type === 'enum' ? (field.enum!.names.get(0) ?? 0) : zeroOf(field);
  return (target, value) => {
    if (value !== zero || Object.is(value, -0)) write(target, value, name, -1);
  };
}

function zeroOf(field: FieldShape): string | boolean | number {
  return field.type === 'string' || field.type === 'bytes' ? '' : field.type === 'bool' ? false : 0;
}

function listWriter(field: FieldShape): FieldPlan['write'] {
  const { name } = field;
  const packed = field.type !== 'message' && field.type !== 'string' && field.type !== 'bytes';
  const item = packed ? scalarWriter(field) : itemWriter(field);
  const tag = ((field.number << 3) | 2) >>> 0;
  return (target, value) => {
    if (!Array.isArray(value)) return report(target, name, -1, 'is not an array');
    if (value.length === 0) return;
    let start = 0;
    if (packed) {
      ensure(target, 5);
      writeVarint32(target, tag);
      start = openLength(target);
    }
    for (let i = 0; i < value.length; i++) item(target, value[i], name, i);
    if (packed) closeLength(target, start);
  };
}

function mapWriter(field: FieldShape): FieldPlan['write'] {
  const { key, value } = field.map!;
  const tag = ((field.number << 3) | 2) >>> 0;
  const writeKey = itemWriter(key);
  const writeValue = itemWriter(value);
  return (target, members) => {
    if (typeof members !== 'object' || members === null || Array.isArray(members)) {
      return report(target, field.name, -1, 'is not an object');
    }
    step(target, field.name, -1);
    for (const name of Object.keys(members)) {
      if (name === '__proto__') {
        report(target, name, -1, 'is not allowed as a key');
        continue;
      }
      ensure(target, 5);
      writeVarint32(target, tag);
      const start = openLength(target);
      writeKey(target, keyOf(key, name), name, -1);
      writeValue(target, (members as Record<string, unknown>)[name], name, -1);
      closeLength(target, start);
    }
    target.steps--;
  };
}

/** A key as its type has it; what is none is left for the writer to refuse. */
function keyOf({ type }: FieldShape, name: string): unknown {
  if (type === 'string') return name;
  if (type === 'bool') return name === 'true' ? true : name === 'false' ? false : name;
  return /^(0|-?[1-9]\d{0,15})$/.test(name) ? Number(name) : name;
}

function tagOf(field: FieldShape): number {
  return ((field.number << 3) | wireTypeOf(field.type)) >>> 0;
}

function wireTypeOf(type: FieldShape['type']): number {
  if (type === 'message' || type === 'string' || type === 'bytes') return 2;
  if (type === 'double' || type === 'fixed64' || type === 'sfixed64') return 1;
  return type === 'float' || type === 'fixed32' || type === 'sfixed32' ? 5 : 0;
}
