// $push, with $each, $position, $sort and $slice.
import { rawOf } from '../bson/build.ts';
import { compareValues } from '../bson/order.ts';
import { bsonType, elementsOf, fieldOf, fieldsOf, isNumber, numberOf, type Raw } from '../bson/raw.ts';
import { storeError } from '../errors.ts';
import { sealNode } from './branch.ts';
import type { Target } from './operators.ts';

type Clauses = {
  readonly each: readonly Raw[];
  readonly position?: number;
  readonly slice?: number;
  readonly order?: (a: Raw, b: Raw) => number;
};

export function push(path: string, target: Target, value: Raw): boolean {
  const { each, position, slice, order } = clausesOf(value);
  let old: Raw[] = [];
  if (target.value !== undefined) {
    const raw = sealNode(target.value);
    if (raw.type !== bsonType.array) {
      throw storeError('BadValue', `The field '${path}' must be an array but is of another type`);
    }
    old = elementsOf(raw);
  }
  const at = position === undefined ? old.length : position < 0 ? Math.max(0, old.length + position) : position;
  let out = [...old.slice(0, at), ...each, ...old.slice(at)];
  if (order !== undefined) out.sort(order);
  if (slice !== undefined) out = slice < 0 ? out.slice(slice) : out.slice(0, slice);
  if (target.value !== undefined && out.length === old.length && out.every((element, i) => element === old[i]))
    return false;
  target.set(rawOf(out));
  return true;
}

function clausesOf(value: Raw): Clauses {
  const fields = value.type === bsonType.object ? fieldsOf(value) : [];
  if (!fields.some(([name]) => name === '$each')) return { each: [value] };
  let clauses: Clauses = { each: [] };
  for (const [name, clause] of fields) {
    switch (name) {
      case '$each':
        if (clause.type !== bsonType.array)
          throw storeError('BadValue', 'The argument to $each in $push must be an array');
        clauses = { ...clauses, each: elementsOf(clause) };
        break;
      case '$position':
        clauses = { ...clauses, position: whole(name, clause) };
        break;
      case '$slice':
        clauses = { ...clauses, slice: whole(name, clause) };
        break;
      case '$sort':
        clauses = { ...clauses, order: orderOf(clause) };
        break;
      default:
        throw storeError('BadValue', `Unrecognized clause in $push: ${name}`);
    }
  }
  return clauses;
}

function whole(name: string, value: Raw): number {
  const number = numberOf(value);
  if (!isNumber(value) || !Number.isInteger(number)) {
    throw storeError('BadValue', `The value for ${name} must be an integer value`);
  }
  return number;
}

/** Other than a query's sort this one takes an array as one value. */
function orderOf(clause: Raw): (a: Raw, b: Raw) => number {
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
