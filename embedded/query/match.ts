// Decides whether a document matches a filter.
import { classOf, compareToKey, orderClass, orderKey } from '../bson/order.ts';
import { bsonType, elementsOf, nulAt, numberOf, type Raw, textOf } from '../bson/raw.ts';
import type { Filter, Leaf } from './filter.ts';
import { regexLeaf } from './parse-filter.ts';
import { walkPath } from './path.ts';

export function matches(filter: Filter, document: Raw): boolean {
  switch (filter.kind) {
    case 'and':
      return filter.parts.every((part) => matches(part, document));
    case 'or':
      return filter.parts.some((part) => matches(part, document));
    case 'nor':
      return !filter.parts.some((part) => matches(part, document));
    case 'not':
      return !matches(filter.part, document);
    case 'expr':
      return filter.test(document);
    case 'path': {
      const { leaf } = filter;
      const wholeArray = leaf.op === 'elemMatch' || leaf.op === 'elemMatchValue';
      return walkPath(document, filter.parts, 0, !wholeArray, (value) => leafMatches(leaf, value));
    }
  }
}

/** Whether one value passes; `undefined` is a missing field. */
export function leafMatches(leaf: Leaf, value: Raw | undefined): boolean {
  switch (leaf.op) {
    case 'eq':
    case 'lt':
    case 'lte':
    case 'gt':
    case 'gte':
      return compares(leaf, value);
    case 'in':
      return isMember(leaf, value);
    case 'exists':
      return value !== undefined;
    case 'type':
      return value !== undefined && leaf.types.has(value.type);
    case 'regex':
      return value !== undefined && regexMatches(leaf.pattern, leaf.source, value);
    case 'elemMatch':
      return value?.type === bsonType.array && elementsOf(value).some((each) => elementMatches(leaf.filter, each));
    case 'elemMatchValue':
      if (value?.type === bsonType.array) return elementsOf(value).some((each) => passes(leaf, each));
      return false;
  }
}

/** $elemMatch with a filter looks into documents, and into arrays by position. */
function elementMatches(filter: Filter, element: Raw): boolean {
  return (element.type === bsonType.object || element.type === bsonType.array) && matches(filter, element);
}

function passes(leaf: Extract<Leaf, { op: 'elemMatchValue' }>, value: Raw): boolean {
  return (
    leaf.tests.every((test) =>
      test.op === 'elemMatchValue' && test.tests.length === 0 ? passes(test, value) : leafMatches(test, value),
    ) && !leaf.not.some((test) => leafMatches(test, value))
  );
}

function compares(leaf: Extract<Leaf, { op: 'eq' | 'lt' | 'lte' | 'gt' | 'gte' }>, value: Raw | undefined): boolean {
  const operand = leaf.key[0]!;
  if (value === undefined || value.type === bsonType.undefined) {
    return (operand === orderClass.null || operand === orderClass.undefined) && leaf.op !== 'lt' && leaf.op !== 'gt';
  }
  const order = classOf(value);
  if (order !== operand) {
    if (leaf.op === 'eq') return false;
    if (operand === orderClass.minKey) return leaf.op === 'gt' || leaf.op === 'gte';
    if (operand === orderClass.maxKey) return leaf.op === 'lt' || leaf.op === 'lte';
    return false;
  }
  if (order === orderClass.number) {
    const nan = Number.isNaN(numberOf(value));
    const operandNan = Number.isNaN(numberOf(leaf.value));
    if (nan || operandNan) return nan && operandNan && leaf.op !== 'lt' && leaf.op !== 'gt';
  }
  const side = compareToKey(value, leaf.key);
  switch (leaf.op) {
    case 'eq':
      return side === 0;
    case 'lt':
      return side < 0;
    case 'lte':
      return side <= 0;
    case 'gt':
      return side > 0;
    case 'gte':
      return side >= 0;
  }
}

const nullKey = orderKey(undefined).toString('latin1');

function isMember(leaf: Extract<Leaf, { op: 'in' }>, value: Raw | undefined): boolean {
  const missing = value === undefined || value.type === bsonType.undefined;
  if (leaf.keys.has(missing ? nullKey : orderKey(value).toString('latin1'))) return true;
  if (missing) return false;
  return leaf.regexes.some((source) => leafMatches(regexLeaf(source), value));
}

function regexMatches(pattern: RegExp, source: Raw, value: Raw): boolean {
  if (value.type === bsonType.string || value.type === bsonType.symbol) return pattern.test(textOf(value));
  if (value.type !== bsonType.regex || source.type !== bsonType.regex) return false;
  return orderKey(value).equals(orderKey(source)) && nulAt(value.bytes, value.start) >= value.start;
}
