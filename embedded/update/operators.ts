// What each update operator does to the value its path ends at.
import { Timestamp } from 'bson';
import { rawOf } from '../bson/build.ts';
import { compareValues, equalValues } from '../bson/order.ts';
import { bsonType, elementsOf, fieldsOf, isNumber, numberOf, type Raw, textOf } from '../bson/raw.ts';
import { showValue } from '../bson/show.ts';
import { storeError } from '../errors.ts';
import { add, bitwise, multiply } from './arithmetic.ts';
import { type Node, sealNode } from './branch.ts';
import type { Change } from './parse-update.ts';
import { pullMatches } from './pull.ts';
import { push } from './push.ts';

export type Target = {
  readonly value: Node | undefined;
  readonly set: (node: Node) => void;
  readonly remove: () => void;
};

/** Answers whether the target changed. */
export function applyOperator(change: Change, target: Target, now: Date): boolean {
  const { operator, value } = change;
  switch (operator) {
    case '$set':
    case '$setOnInsert':
      return put(target, value);
    case '$unset':
      if (target.value === undefined) return false;
      target.remove();
      return true;
    case '$inc':
    case '$mul':
      return put(target, arithmetic(change, target));
    case '$min':
    case '$max':
      return extreme(operator, target, value);
    case '$bit':
      return put(target, bits(change, target));
    case '$currentDate':
      return put(target, currentDate(value, now));
    case '$rename':
      throw new Error('a rename is a $set and an $unset');
    case '$push':
      return push(change.path, target, value);
    case '$addToSet':
      return addToSet(change, target);
    case '$pull':
    case '$pullAll':
      return pull(change, target);
    case '$pop':
      return pop(change, target);
  }
}

/** Sets a value unless the very same bytes are there. */
function put(target: Target, value: Raw): boolean {
  if (target.value !== undefined) {
    const old = sealNode(target.value);
    if (old.type === value.type && old.bytes.compare(value.bytes, value.start, value.end, old.start, old.end) === 0)
      return false;
  }
  target.set(value);
  return true;
}

function arithmetic({ operator, path, value }: Change, target: Target): Raw {
  const verb = operator === '$inc' ? 'increment' : 'multiply';
  if (!isNumber(value)) {
    throw storeError('TypeMismatch', `Cannot ${verb} with non-numeric argument: {${path}: ${showValue(value)}}`);
  }
  if (target.value === undefined) return operator === '$inc' ? value : multiply(value, rawOf(0));
  const old = sealNode(target.value);
  if (!isNumber(old)) {
    throw storeError(
      'TypeMismatch',
      `Cannot apply ${operator} to a value of non-numeric type. The field '${path}' is of type ${typeName(old)}`,
    );
  }
  return operator === '$inc' ? add(old, value) : multiply(old, value);
}

function extreme(operator: '$min' | '$max', target: Target, value: Raw): boolean {
  if (target.value === undefined) return put(target, value);
  const side = compareValues(value, sealNode(target.value));
  return (operator === '$min' ? side < 0 : side > 0) && put(target, value);
}

function bits({ path, value }: Change, target: Target): Raw {
  const fields = value.type === bsonType.object ? fieldsOf(value) : [];
  if (fields.length === 0)
    throw storeError('BadValue', `The $bit modifier is not compatible with a non-document at '${path}'`);
  let result = target.value === undefined ? rawOf(0) : sealNode(target.value);
  if (result.type !== bsonType.int && result.type !== bsonType.long) {
    throw storeError('BadValue', `Cannot apply $bit to a value of non-integral type at '${path}'`);
  }
  for (const [name, operand] of fields) {
    if (name !== 'and' && name !== 'or' && name !== 'xor') {
      throw storeError('BadValue', `The $bit modifier only supports 'and', 'or', and 'xor', not '${name}'`);
    }
    if (operand.type !== bsonType.int && operand.type !== bsonType.long) {
      throw storeError('BadValue', `The $bit modifier field must be an Integer(32/64 bit)`);
    }
    result = bitwise(name, result, operand);
  }
  return result;
}

let stamp = 0;

function currentDate(value: Raw, now: Date): Raw {
  const type = value.type === bsonType.object ? fieldsOf(value).find(([name]) => name === '$type')?.[1] : undefined;
  if (value.type === bsonType.bool || (type?.type === bsonType.string && textOf(type) === 'date')) return rawOf(now);
  if (type?.type === bsonType.string && textOf(type) === 'timestamp') {
    stamp = (stamp + 1) & 0x7fff_ffff;
    return rawOf(new Timestamp({ t: Math.floor(now.getTime() / 1000), i: stamp }));
  }
  throw storeError('BadValue', "The '$type' string field is required to be 'date' or 'timestamp'");
}

function addToSet({ path, value }: Change, target: Target): boolean {
  const first = value.type === bsonType.object ? fieldsOf(value)[0] : undefined;
  let wanted: readonly Raw[] = [value];
  if (first?.[0] === '$each') {
    if (first[1].type !== bsonType.array)
      throw storeError('TypeMismatch', 'The argument to $each in $addToSet must be an array');
    if (fieldsOf(value).length > 1) throw storeError('BadValue', 'Found unexpected fields after $each in $addToSet');
    wanted = elementsOf(first[1]);
  }
  const old =
    target.value === undefined
      ? []
      : arrayOf(target.value, `Cannot apply $addToSet to non-array field. Field named '${path}' has non-array type`);
  const out = [...old];
  for (const each of wanted) if (!out.some((other) => equalValues(other, each))) out.push(each);
  if (out.length === old.length && target.value !== undefined) return false;
  target.set(rawOf(out));
  return true;
}

function arrayOf(node: Node, otherwise: string): Raw[] {
  const raw = sealNode(node);
  if (raw.type !== bsonType.array) throw storeError('BadValue', otherwise);
  return elementsOf(raw);
}

function pull(change: Change, target: Target): boolean {
  if (target.value === undefined) return false;
  const old = arrayOf(target.value, `Cannot apply ${change.operator} to a non-array value`);
  let gone: (element: Raw) => boolean;
  if (change.operator === '$pull') gone = pullMatches(change.value);
  else {
    if (change.value.type !== bsonType.array) throw storeError('BadValue', '$pullAll requires an array argument');
    const values = elementsOf(change.value);
    gone = (element) => values.some((value) => equalValues(value, element));
  }
  const kept = old.filter((element) => !gone(element));
  if (kept.length === old.length) return false;
  target.set(rawOf(kept));
  return true;
}

function pop({ path, value }: Change, target: Target): boolean {
  const side = numberOf(value);
  if (side !== 1 && side !== -1) throw storeError('FailedToParse', `$pop expects 1 or -1, found: ${showValue(value)}`);
  if (target.value === undefined) return false;
  const raw = sealNode(target.value);
  if (raw.type !== bsonType.array) {
    throw storeError('TypeMismatch', `Path '${path}' contains an element of non-array type '${typeName(raw)}'`);
  }
  const old = elementsOf(raw);
  if (old.length === 0) return false;
  target.set(rawOf(side === 1 ? old.slice(0, -1) : old.slice(1)));
  return true;
}

const typeNamesByNumber: Readonly<Record<number, string>> = Object.fromEntries(
  Object.entries(bsonType).map(([name, number]) => [number, name]),
);

export function typeName(value: Raw): string {
  return typeNamesByNumber[value.type] ?? 'unknown';
}
