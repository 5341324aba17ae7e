// One walk through the fields of an encoded message, by its plan.

import { limits } from '../limits.ts';
import { report, step } from '../path.ts';
import { readLength, readTag, skipValue, wireType } from '../wire.ts';
import type { Check } from './check-scalar.ts';
import { clearCounts, type Walk } from './walk.ts';

export type FieldPlan = {
  readonly name: string;
  /** Where its count stands among its message's. */
  readonly index: number;
  readonly wire: number;
  readonly check: Check;
  /** A list or a map. */
  readonly many: boolean;
  readonly packable: boolean;
  readonly maxItems: number;
  /** Where its oneof's count stands; −1: it is in none. */
  readonly oneof: number;
};

export type MessagePlan = {
  /** By field number, those below `denseNumbers`. */
  readonly dense: (FieldPlan | undefined)[];
  readonly sparse: Map<number, FieldPlan>;
  /** How many counts the message needs: one for each field and each oneof. */
  readonly size: number;
  /** False where it is no nesting in JSON (google.protobuf.Value). */
  readonly nests: boolean;
  /** What can only be judged when all fields were read. */
  readonly finish: readonly ((walk: Walk) => void)[];
};

export const denseNumbers = 256;

/** Reads fields up to the walk's end; false where the bytes are no protobuf, and then the walk is over. */
export function walkMessage(plan: MessagePlan, walk: Walk): boolean {
  const outer = walk.base;
  clearCounts(walk, plan.size);
  while (walk.pos < walk.end) {
    const tag = readTag(walk);
    if (tag === 0) return false;
    const number = tag >>> 3;
    const field = number < denseNumbers ? plan.dense[number] : plan.sparse.get(number);
    if (field === undefined) {
      if (!skipValue(walk, tag & 7)) return false;
    } else if (!walkField(field, walk, tag & 7)) return false;
  }
  for (const judge of plan.finish) judge(walk);
  walk.top = walk.base;
  walk.base = outer;
  return true;
}

/** The same for a message of `length` bytes within another, as the step `name` of the path. */
export function walkInside(plan: MessagePlan, length: number, walk: Walk, name: string, position: number): boolean {
  if (plan.nests && walk.depth >= limits.depth) {
    report(walk, name, position, `is nested deeper than ${limits.depth}`);
    walk.pos += length;
    return true;
  }
  const end = walk.end;
  walk.end = walk.pos + length;
  step(walk, name, position);
  if (plan.nests) walk.depth++;
  if (!walkMessage(plan, walk)) return false;
  if (plan.nests) walk.depth--;
  walk.steps--;
  walk.end = end;
  return true;
}

function walkField(field: FieldPlan, walk: Walk, wire: number): boolean {
  if (wire !== field.wire) {
    if (field.packable && wire === wireType.bytes) return walkPacked(field, walk);
    if (!skipValue(walk, wire)) return false;
    report(walk, field.name, -1, 'has the wrong type');
    return true;
  }
  const at = walk.base + field.index;
  const count = walk.counts[at]! + 1;
  walk.counts[at] = count;
  if (field.many) return walkItem(field, walk, count);
  // A second value is merged by the decoder after each was judged alone: together they might break a rule.
  if (count === 2) report(walk, field.name, -1, 'is given twice');
  if (field.oneof >= 0) walk.counts[walk.base + field.oneof]!++;
  return field.check(walk, -1);
}

function walkItem(field: FieldPlan, walk: Walk, count: number): boolean {
  if (count <= field.maxItems) return field.check(walk, count - 1);
  if (count === field.maxItems + 1) report(walk, field.name, -1, `has more than ${field.maxItems} items`);
  return skipValue(walk, field.wire);
}

function walkPacked(field: FieldPlan, walk: Walk): boolean {
  const length = readLength(walk);
  if (length < 0) return false;
  const end = walk.end;
  walk.end = walk.pos + length;
  while (walk.pos < walk.end) {
    const count = ++walk.counts[walk.base + field.index]!;
    if (!walkItem(field, walk, count)) return false;
  }
  walk.end = end;
  return true;
}
