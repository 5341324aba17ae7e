// Sorts documents by BSON order. Of an array, the smallest element counts ascending and the greatest descending.
import { bsonType, fieldsOf, isNumber, numberOf, type Raw } from '../bson/raw.ts';
import { numberedError, storeError } from '../errors.ts';
import { indexKeys } from '../keys/index-keys.ts';
import type { SortField } from '../planner/plan.ts';

/** Fields a sort can name, as in MongoDB. */
export const sortFieldsMax = 32;

export function parseSort(document: Raw | undefined): SortField[] {
  if (document === undefined) return [];
  if (document.type !== bsonType.object) throw storeError('TypeMismatch', "Expected field 'sort' to be of type object");
  const fields = fieldsOf(document).map(([path, value]) => {
    if (!isNumber(value)) throw numberedError(15974, `Illegal key in $sort specification: ${path}`);
    const direction = numberOf(value);
    if (direction !== 1 && direction !== -1) {
      throw numberedError(15975, `$sort key ordering must be 1 (for ascending) or -1 (for descending)`);
    }
    const parts = path.split('.');
    if (path.startsWith('$') || parts.includes('')) {
      throw storeError('BadValue', `FieldPath '${path}' is not a valid sort key`);
    }
    return { path, parts, descending: direction < 0 };
  });
  if (fields.length > sortFieldsMax) throw storeError('BadValue', `at most ${sortFieldsMax} fields in a sort`);
  return fields;
}

/** Bytes by which documents sort: the least of the keys that an index of these fields would hold, as in MongoDB. */
export function sortKey(fields: readonly SortField[], document: Raw): Buffer {
  const { keys } = indexKeys({ fields, sparse: false }, document, 'sort');
  return keys.reduce((least, key) => (key.compare(least) < 0 ? key : least));
}
