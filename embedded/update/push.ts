// $push, with $each, $position, $sort and $slice.
import { rawOf } from '../bson/build.ts';
import { compareValues } from '../bson/order.ts';
import { bsonType, elementsOf, fieldOf, fieldsOf, isNumber, numberOf, type Raw } from '../bson/raw.ts';
import { storeError } from '../errors.ts';
import type { Apply } from './operators.ts';

type Order = (a: Raw, b: Raw) => number;

const modifiers: ReadonlySet<string> = new Set(['$each', '$position', '$slice', '$sort']);

export function compilePush(operand: Raw, path: string): Apply {
  const clauses = new Map(operand.type === bsonType.object ? fieldsOf(operand) : []);
  const given = clauses.get('$each');
  if (given === undefined) clauses.clear();
  const unknown = [...clauses.keys()].find((name) => !modifiers.has(name));
  if (unknown !== undefined) throw storeError('BadValue', `Unrecognized clause in $push: ${unknown}`);
  const each = given === undefined ? [operand] : arrayOf(given, 'The argument to $each in $push must be an array');
  const position = whole('$position', clauses.get('$position'));
  const slice = whole('$slice', clauses.get('$slice'));
  const order = orderOf(clauses.get('$sort'));
  return (old) => {
    const before = old === undefined ? [] : arrayOf(old, `The field '${path}' must be an array but is of another type`);
    const at = position < 0 ? Math.max(0, before.length + position) : position;
    const after = [...before.slice(0, at), ...each, ...before.slice(at)];
    if (order !== undefined) after.sort(order);
    return rawOf(slice < 0 ? after.slice(slice) : after.slice(0, slice));
  };
}

export function arrayOf(value: Raw, otherwise: string): Raw[] {
  if (value.type !== bsonType.array) throw storeError('BadValue', otherwise);
  return elementsOf(value);
}

/** Infinity where it is not given: behind all, and all of it. */
function whole(name: string, value: Raw | undefined): number {
  if (value === undefined) return Number.POSITIVE_INFINITY;
  const number = numberOf(value);
  if (isNumber(value) && Number.isInteger(number)) return number;
  throw storeError('BadValue', `The value for ${name} must be an integer value`);
}

/** Other than a query's sort this one takes an array as one value. */
function orderOf(clause: Raw | undefined): Order | undefined {
  if (clause === undefined) return undefined;
  if (clause.type !== bsonType.object) {
    const direction = directionOf(clause);
    return (a, b) => direction * compareValues(a, b);
  }
  const fields = fieldsOf(clause).map(([path, value]) => [path.split('.'), directionOf(value)] as const);
  return (a, b) => {
    for (const [parts, direction] of fields) {
      const side = direction * compareValues(valueAt(a, parts), valueAt(b, parts));
      if (side !== 0) return side;
    }
    return 0;
  };
}

function directionOf(value: Raw): number {
  const direction = numberOf(value);
  if (direction === 1 || direction === -1) return direction;
  throw storeError(
    'BadValue',
    'The $sort is invalid: use 1/-1 to sort the whole element, or {field:1/-1} to sort embedded fields',
  );
}

/** Of an element that is no document: missing. */
function valueAt(element: Raw, parts: readonly string[]): Raw | undefined {
  if (element.type !== bsonType.object) return undefined;
  let value: Raw | undefined = element;
  for (const part of parts) {
    if (value?.type !== bsonType.object && value?.type !== bsonType.array) return undefined;
    value = fieldOf(value, part);
  }
  return value;
}
