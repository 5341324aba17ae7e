// Which element of an array made a filter match: what the positional operator `$` stands for.
import { bsonType, elementsOf, fieldOf, type Raw } from '../bson/raw.ts';
import { conjuncts } from '../planner/plan.ts';
import type { Filter, Leaf } from './filter.ts';
import { leafMatches, matches } from './match.ts';
import { walkPath } from './path.ts';

/** The position of the first matching element, by the last of the filter's array conditions that has one. */
export function matchedPosition(filter: Filter, document: Raw): number | undefined {
  let position: number | undefined;
  for (const part of conjuncts(filter)) {
    if (part.kind === 'path') position = leafPosition(part.leaf, part.parts, document) ?? position;
    else if (part.kind === 'or') {
      const branch = part.parts.find((each) => matches(each, document));
      if (branch !== undefined) position = matchedPosition(branch, document) ?? position;
    }
  }
  return position;
}

function leafPosition(leaf: Leaf, parts: readonly string[], document: Raw): number | undefined {
  let value: Raw | undefined = document;
  for (let i = 0; i < parts.length; i++) {
    value = value.type === bsonType.object ? fieldOf(value, parts[i]!) : undefined;
    if (value === undefined) return undefined;
    if (value.type !== bsonType.array) continue;
    const found = elementsOf(value).findIndex((element) => elementMatches(leaf, parts, i + 1, element));
    return found < 0 ? undefined : found;
  }
  return undefined;
}

function elementMatches(leaf: Leaf, parts: readonly string[], at: number, element: Raw): boolean {
  if (at < parts.length) {
    return element.type === bsonType.object && walkPath(element, parts, at, true, (value) => leafMatches(leaf, value));
  }
  if (leaf.op === 'elemMatch') return element.type === bsonType.object && matches(leaf.filter, element);
  if (leaf.op === 'elemMatchValue') {
    return (
      leaf.tests.every((test) => leafMatches(test, element)) && !leaf.not.some((test) => leafMatches(test, element))
    );
  }
  return leafMatches(leaf, element);
}
