// An independent oracle of MongoDB's query operators, from its manual, on JavaScript values.
import { Binary, BSONRegExp, Double, Int32, Long } from 'bson';
import { compare, isNumeric, rankOf } from './compare.ts';

type Doc = Readonly<Record<string, unknown>>;

export function oracleMatches(filter: Doc, document: unknown): boolean {
  return Object.entries(filter).every(([name, condition]) => {
    if (name === '$and') return (condition as Doc[]).every((each) => oracleMatches(each, document));
    if (name === '$or') return (condition as Doc[]).some((each) => oracleMatches(each, document));
    if (name === '$nor') return !(condition as Doc[]).some((each) => oracleMatches(each, document));
    return fieldMatches(document, name.split('.'), condition);
  });
}

export function isOperators(condition: unknown): condition is Doc {
  return isDocument(condition) && Object.keys(condition)[0]?.startsWith('$') === true;
}

function fieldMatches(document: unknown, path: readonly string[], condition: unknown): boolean {
  if (!isOperators(condition)) return lookup(document, path, true).some((value) => equals(value, condition));
  return Object.entries(condition).every(([operator, operand]) => {
    if (operator === '$not') return !fieldMatches(document, path, operand);
    if (operator === '$ne') return !fieldMatches(document, path, { $eq: operand });
    if (operator === '$nin') return !fieldMatches(document, path, { $in: operand });
    if (operator === '$exists') return lookup(document, path, true).some((value) => value !== undefined) === operand;
    const whole = operator === '$elemMatch';
    return lookup(document, path, !whole).some((value) => passes(operator, operand, value));
  });
}

/** All values a path leads to. A missing field is one value, undefined; an array with no documents leads nowhere. */
function lookup(value: unknown, path: readonly string[], elements: boolean): unknown[] {
  if (path.length === 0) return Array.isArray(value) && elements ? [...value, value] : [value];
  const [name, ...rest] = path as [string, ...string[]];
  if (Array.isArray(value)) {
    return value.flatMap((element, i) => {
      const found: unknown[] = isDocument(element) ? lookup(element, path, elements) : [];
      if (String(i) !== name) return found;
      if (rest.length === 0) return [...found, element];
      return isDocument(element) || Array.isArray(element) ? [...found, ...lookup(element, rest, elements)] : found;
    });
  }
  if (!isDocument(value) || !(name in value)) return [undefined];
  return lookup(value[name], rest, elements);
}

function isDocument(value: unknown): value is Record<string, unknown> {
  return value !== null && typeof value === 'object' && !Array.isArray(value) && rankOf(value) === 5;
}

function equals(value: unknown, wanted: unknown): boolean {
  if (wanted === null) return value === undefined || value === null;
  if (value === undefined) return false;
  if (wanted instanceof BSONRegExp && typeof value === 'string') {
    return new RegExp(wanted.pattern, wanted.options).test(value);
  }
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
    case '$elemMatch':
      return Array.isArray(value) && value.some((element) => elementPasses(operand as Doc, element));
    default:
      throw new Error(operator);
  }
}

function elementPasses(condition: Doc, element: unknown): boolean {
  if (isOperators(condition)) {
    return Object.entries(condition).every(([operator, operand]) => {
      if (operator === '$ne') return !equals(element, operand);
      return passes(operator, operand, element);
    });
  }
  return (isDocument(element) || Array.isArray(element)) && oracleMatches(condition, element);
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
  if (value instanceof Long) return 'long';
  if (value instanceof Binary) return 'binData';
  if (Array.isArray(value)) return 'array';
  if (isDocument(value)) return 'object';
  if (typeof value === 'boolean') return 'bool';
  return typeof value === 'string' ? 'string' : 'another type';
}
