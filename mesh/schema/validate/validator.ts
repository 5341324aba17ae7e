// Validators: an encoded message held against its fields' rules, in place, without making an object of it.
// The same function guards every RPC over gRPC, Link and REST. Compiled once for each message; never throws.

import type { Violation } from '../../errors/circuit-error.ts';
import { limits } from '../limits.ts';
import { report } from '../path.ts';
import type { FieldShape, MessageShape } from '../shape.ts';
import { readLength, wireType } from '../wire.ts';
import { mapCheck, type ValueCheck } from './check-map.ts';
import { type Check, type ScalarCheck, scalarCheck } from './check-scalar.ts';
import { timeCheck } from './check-time.ts';
import { startWalk, type Walk } from './walk.ts';
import { denseNumbers, type FieldPlan, type MessagePlan, walkInside, walkMessage } from './walk-message.ts';

export type Validator = (bytes: Uint8Array) => readonly Violation[];

const none: readonly Violation[] = Object.freeze([]);

/**
 * The validator of a message. It answers with at most 20 violations, each with its path (`content.bold[2].end`);
 * empty: the bytes are protobuf that every decoder reads alike, within every rule and bound.
 */
export function compileValidator(shape: MessageShape): Validator {
  const plan = planOf(shape);
  return (bytes) => {
    const walk = startWalk(bytes);
    if (!walkMessage(plan, walk)) report(walk, '', -1, 'is not valid protobuf');
    return walk.violations.length === 0 ? none : walk.violations;
  };
}

/** Plans of messages, each made once, so that messages may hold themselves. */
const plans = new WeakMap<MessageShape, MessagePlan>();

function planOf(shape: MessageShape): MessagePlan {
  const known = plans.get(shape);
  if (known) return known;
  const dense: (FieldPlan | undefined)[] = [];
  const sparse = new Map<number, FieldPlan>();
  const finish: ((walk: Walk) => void)[] = [];
  const size = shape.fields.length + shape.oneofs.length;
  const plan: MessagePlan = { dense, sparse, size, nests: shape.special !== 'value', finish };
  plans.set(shape, plan);
  for (const field of shape.fields) {
    const made = fieldPlan(field, shape);
    if (field.number < denseNumbers) dense[field.number] = made;
    else sparse.set(field.number, made);
    finish.push(...presenceOf(field));
  }
  shape.oneofs.forEach((oneof, i) => {
    finish.push(...oneofOf(shape, oneof, i));
  });
  return plan;
}

function fieldPlan(field: FieldShape, parent: MessageShape): FieldPlan {
  // Within google.protobuf's own messages field names are no step of the path, as they are none in JSON.
  const named = parent.special === 'none' ? field : { ...field, name: '' };
  const { wire, check } = valueCheckOf(named);
  return {
    name: named.name,
    index: field.index,
    wire,
    check,
    many: field.list || field.map !== undefined,
    packable: field.list && wire !== wireType.bytes,
    maxItems: field.rule.maxItems || limits.items,
    oneof: field.oneof < 0 ? -1 : parent.fields.length + field.oneof,
  };
}

function valueCheckOf(field: FieldShape): ScalarCheck {
  return field.type === 'message' ? { wire: wireType.bytes, check: messageCheck(field) } : scalarCheck(field);
}

function messageCheck(field: FieldShape): Check {
  const { name, map, message } = field;
  if (map) return mapCheck(name, valueCheckOf({ ...map.key, name: '' }), mapValueCheck({ ...map.value, name: '' }));
  if (message!.special === 'timestamp' || message!.special === 'duration') return timeCheck(name, message!.special);
  let plan: MessagePlan | undefined;
  return (walk, position) => {
    const length = readLength(walk);
    if (length < 0) return false;
    plan ??= planOf(message!);
    return walkInside(plan, length, walk, name, position);
  };
}

function mapValueCheck(value: FieldShape): ValueCheck {
  const { message } = value;
  const judged = message !== undefined && message.special === 'none';
  return {
    ...valueCheckOf(value),
    absent: (walk) => !judged || walkInside(planOf(message), 0, walk, '', -1),
  };
}

/** `required` and `min_items`, which speak of what did not come. */
function presenceOf(field: FieldShape): ((walk: Walk) => void)[] {
  const { name, index, rule, list, map } = field;
  const many = list || map !== undefined;
  const min = many ? rule.minItems : 0;
  const required = rule.required && !zeroIsValue(field);
  if (!required && min <= 1) return [];
  return [
    (walk) => {
      const count = walk.counts[walk.base + index]!;
      if (count === 0) {
        if (required) report(walk, name, -1, 'is required');
      } else if (count < min) report(walk, name, -1, `has fewer than ${min} items`);
    },
  ];
}

/** A singular number or bool without presence: protobuf does not write its zero, so one that did not come is there. */
function zeroIsValue({ type, list, map, presence }: FieldShape): boolean {
  if (list || map !== undefined || presence) return false;
  return type !== 'string' && type !== 'bytes' && type !== 'enum';
}

function oneofOf(shape: MessageShape, oneof: string, i: number): ((walk: Walk) => void)[] {
  const members = shape.fields.filter((field) => field.oneof === i).map((field) => field.name);
  if (members.length < 2) return [];
  const wrong = `has more than one of ${members.join(', ')}`;
  const name = shape.special === 'none' ? oneof : '';
  return [
    (walk) => {
      if (walk.counts[walk.base + shape.fields.length + i]! > 1) report(walk, name, -1, wrong);
    },
  ];
}
