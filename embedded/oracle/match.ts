// An independent oracle of MongoDB's query operators, from its manual, on JavaScript values.
import { Binary, Double, Int32 } from 'bson';
import { compare, isNumeric, rankOf } from './compare.ts';

type Doc = Readonly<Record<string, unknown>>;

export function oracleMatches(filter: Doc, document: unknown): boolean {
  return Object.entries(filter).every(([name, condition]) => {
    if (name === '$and') return (condition as Doc[]).every((each) => oracleMatches(each, document));
    return fieldMatches(document, name.split('.'), condition);
  });
}

export function isOperators(condition: unknown): condition is Doc {
  return isDocument(condition) && Object.keys(condition)[0]?.startsWith('$') === true;
}

function fieldMatches(document: unknown, path: readonly string[], condition: unknown): boolean {
  const values = lookup(document, path);
  if (!isOperators(condition)) return values.some((value) => equals(value, condition));
  return Object.entries(condition).every(([operator, operand]) => {
    if (operator === '$ne') return !values.some((value) => equals(value, operand));
    if (operator === '$nin') return !values.some((value) => passes('$in', operand, value));
    if (operator === '$exists') return values.some((value) => value !== undefined) === operand;
    return values.some((value) => passes(operator, operand, value));
  });
}

/** All values a path leads to. A missing field is one value, undefined; an array with no documents leads nowhere. */
function lookup(value: unknown, path: readonly string[]): unknown[] {
  if (path.length === 0) return Array.isArray(value) ? [...value, value] : [value];
  const [name, ...rest] = path as [string, ...string[]];
  if (Array.isArray(value)) {
    return value.flatMap((element, i) => {
      const found: unknown[] = isDocument(element) ? lookup(element, path) : [];
      if (String(i) !== name) return found;
      if (rest.length === 0) return [...found, element];
      return isDocument(element) || Array.isArray(element) ? [...found, ...lookup(element, rest)] : found;
    });
  }
  if (!isDocument(value) || !(name in value)) return [undefined];
  return lookup(value[name], rest);
}

function isDocument(value: unknown): value is Record<string, unknown> {
  return value !== null && typeof value === 'object' && !Array.isArray(value) && rankOf(value) === 5;
}

function equals(value: unknown, wanted: unknown): boolean {
  if (wanted === null) return value === undefined || value === null;
  if (value === undefined) return false;
  return compare(value, wanted) === 0;
}

function passes(operator: string, operand: unknown, value: unknown): boolean {
  switch (operator) {
    case '$eq':
      return equals(value, operand);
    case '$in':
      return (operand as unknown[]).some((each) => equals(value, each));
    case '$gt':
    case '$gte':
    case '$lt':
    case '$lte':
      return ordered(operator, operand, value);
    case '$type':
      return value !== undefined && (operand === 'number' ? isNumeric(value) : typeName(value) === operand);
    default:
      throw new Error(operator);
  }
}

/** Only values of the operand's own type compare; NaN equals only itself. */
function ordered(operator: string, operand: unknown, value: unknown): boolean {
  const orEqual = operator.endsWith('e');
  if (operand === null) return orEqual && (value === undefined || value === null);
  if (value === undefined) return false;
  if (rankOf(operand) === 1) return operator.startsWith('$g') && (orEqual || rankOf(value) !== 1);
  if (rankOf(operand) === 13) return operator.startsWith('$l') && (orEqual || rankOf(value) !== 13);
  if (rankOf(operand) !== rankOf(value)) return false;
  if (isNaNValue(operand) || isNaNValue(value)) return orEqual && isNaNValue(operand) && isNaNValue(value);
  const side = compare(value, operand);
  if (side === 0) return orEqual;
  return operator.startsWith('$g') ? side > 0 : side < 0;
}

function isNaNValue(value: unknown): boolean {
  return isNumeric(value) && String(value) === 'NaN';
}

function typeName(value: unknown): string {
  if (value === null) return 'null';
  if (value instanceof Int32) return 'int';
  if (value instanceof Double) return 'double';
  if (value instanceof Binary) return 'binData';
  if (Array.isArray(value)) return 'array';
  if (isDocument(value)) return 'object';
  return typeof value === 'string' ? 'string' : 'another type';
}
