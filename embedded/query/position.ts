// Which element of an array made a filter match: what the positional operator `$` stands for.
import { bsonType, elementsOf, fieldOf, type Raw } from '../bson/raw.ts';
import type { Filter, Leaf } from './filter.ts';
import { leafMatches } from './match.ts';
import { walkPath } from './path.ts';

/** The position of the first matching element, by the last of the filter's array conditions that has one. */
export function matchedPosition(filter: Filter, document: Raw): number | undefined {
  let position: number | undefined;
  for (const condition of filter) {
    if (condition.kind === 'path') position = leafPosition(condition.leaf, condition.parts, document) ?? position;
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
  if (at === parts.length) return leafMatches(leaf, element);
  return element.type === bsonType.object && walkPath(element, parts, at, true, (value) => leafMatches(leaf, value));
}
