// $push, with $each, $position, $sort and $slice.
import { rawOf } from '../bson/build.ts';
import { compareValues } from '../bson/order.ts';
import { bsonType, elementsOf, fieldsOf, isNumber, numberOf, type Raw } from '../bson/raw.ts';
import { storeError } from '../errors.ts';
import { documentOrder, parseSort } from '../query/sort.ts';
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

function orderOf(clause: Raw): (a: Raw, b: Raw) => number {
  if (clause.type === bsonType.object) {
    const compare = documentOrder(parseSort(clause));
    return (a, b) => compare(asDocument(a), asDocument(b));
  }
  const direction = numberOf(clause);
  if (direction !== 1 && direction !== -1) {
    throw storeError(
      'BadValue',
      'The $sort is invalid: use 1/-1 to sort the whole element, or {field:1/-1} to sort embedded fields',
    );
  }
  return (a, b) => direction * compareValues(a, b);
}

/** Elements that are no documents sort as if every field were missing. */
function asDocument(value: Raw): Raw {
  return value.type === bsonType.object ? value : rawOf({});
}
