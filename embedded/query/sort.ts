// Sorts documents by BSON order. Of an array, the smallest element counts ascending and the greatest descending.
import { compareValues, KeyWriter, writeOrder } from '../bson/order.ts';
import { bsonType, elementsOf, fieldsOf, isNumber, numberOf, type Raw } from '../bson/raw.ts';
import { storeError } from '../errors.ts';
import type { SortField } from '../planner/plan.ts';
import { walkPath } from './path.ts';

/** Fields a sort can name, as in MongoDB. */
export const sortFieldsMax = 32;

export function parseSort(document: Raw | undefined): SortField[] {
  if (document === undefined) return [];
  if (document.type !== bsonType.object) throw storeError('TypeMismatch', "Expected field 'sort' to be of type object");
  const fields = fieldsOf(document).map(([path, value]) => {
    const direction = isNumber(value) ? numberOf(value) : Number.NaN;
    if (direction !== 1 && direction !== -1) {
      throw storeError('BadValue', `$sort key ordering must be 1 (for ascending) or -1 (for descending)`);
    }
    if (path === '' || path.startsWith('$') || path.split('.').includes('')) {
      throw storeError('BadValue', `FieldPath '${path}' is not a valid sort key`);
    }
    return { path, parts: path.split('.'), descending: direction < 0 };
  });
  if (fields.length > sortFieldsMax) throw storeError('BadValue', `at most ${sortFieldsMax} fields in a sort`);
  return fields;
}

const writer = new KeyWriter();

/** Bytes by which documents sort. */
export function sortKey(fields: readonly SortField[], document: Raw): Buffer {
  writer.length = 0;
  for (const field of fields) {
    const from = writer.length;
    writeOrder(writer, extreme(document, field));
    if (field.descending) writer.invert(from);
  }
  return writer.taken();
}

function extreme(document: Raw, field: SortField): Raw | undefined {
  let best: Raw | undefined;
  let any = false;
  walkPath(document, field.parts, 0, false, (value) => {
    const candidates = value?.type === bsonType.array ? elementsOf(value) : [value];
    if (value?.type === bsonType.array && candidates.length === 0)
      candidates.push({ ...value, type: bsonType.undefined });
    for (const candidate of candidates) {
      const side = any ? compareValues(candidate, best) : -1;
      if (!any || (field.descending ? side > 0 : side < 0)) best = candidate;
      any = true;
    }
    return false;
  });
  return best;
}

export function documentOrder(fields: readonly SortField[]): (a: Raw, b: Raw) => number {
  return (a, b) => sortKey(fields, a).compare(sortKey(fields, b));
}
