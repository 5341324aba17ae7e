// Parts that update, delete and findAndModify statements share.
import { bsonType, elementsOf, fieldsOf, type Raw } from '../bson/raw.ts';
import { storeError } from '../errors.ts';

export function namesOf(statement: Raw): string[] {
  return fieldsOf(statement).map(([name]) => name);
}

export function arrayFiltersOf(value: Raw | undefined): readonly Raw[] {
  if (value === undefined) return [];
  if (value.type !== bsonType.array) throw storeError('TypeMismatch', 'arrayFilters must be an array');
  return elementsOf(value);
}
