// Decides whether a document matches a filter.
import { classOf, compareToKey, orderClass, orderKey } from '../bson/order.ts';
import { bsonType, numberOf, type Raw } from '../bson/raw.ts';
import type { Condition, Filter, Leaf } from './filter.ts';
import { walkPath } from './path.ts';

export function matches(filter: Filter, document: Raw): boolean {
  return filter.every((condition) => holds(condition, document));
}

function holds(condition: Condition, document: Raw): boolean {
  if (condition.kind === 'expr') return condition.test(document);
  if (condition.kind === 'not') return !holds(condition.part, document);
  return walkPath(document, condition.parts, 0, true, (value) => leafMatches(condition.leaf, value));
}

/** Whether one value passes; `undefined` is a missing field. */
export function leafMatches(leaf: Leaf, value: Raw | undefined): boolean {
  if (leaf.op === 'exists') return value !== undefined;
  if (leaf.op === 'type') return value !== undefined && leaf.types.has(value.type);
  if (leaf.op !== 'in') return compares(leaf, value);
  const missing = value === undefined || value.type === bsonType.undefined;
  return leaf.keys.has(missing ? nullKey : orderKey(value).toString('latin1'));
}

const nullKey = orderKey(undefined).toString('latin1');

function compares(leaf: Extract<Leaf, { readonly value: Raw }>, value: Raw | undefined): boolean {
  const operand = leaf.key[0]!;
  if (value === undefined || value.type === bsonType.undefined) {
    return (operand === orderClass.null || operand === orderClass.undefined) && leaf.op !== 'lt' && leaf.op !== 'gt';
  }
  const order = classOf(value);
  if (order !== operand) {
    if (operand === orderClass.minKey) return leaf.op === 'gt' || leaf.op === 'gte';
    return operand === orderClass.maxKey && (leaf.op === 'lt' || leaf.op === 'lte');
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
