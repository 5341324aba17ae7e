// Walks a dotted path through a document as MongoDB's matcher does: arrays on the way are entered, numbers name
// positions too. `undefined` is a missing field; a path may yield none, one or many values.
import { bsonType, elementsOf, fieldOf, type Raw } from '../bson/raw.ts';

/** Answers true to stop the walk. */
export type Visit = (value: Raw | undefined) => boolean;

/**
 * Visits every value at the path from `from` on. With `leaves`, an array at the end yields its elements and then
 * itself; without, only itself. Answers whether a visit answered true.
 */
export function walkPath(
  document: Raw,
  parts: readonly string[],
  from: number,
  leaves: boolean,
  visit: Visit,
): boolean {
  let at = from;
  let value = fieldOf(document, parts[at]!);
  while (++at < parts.length && value?.type === bsonType.object) value = fieldOf(value, parts[at]!);
  if (value?.type === bsonType.array) return walkArray(value, parts, at, leaves, visit);
  return visit(at < parts.length ? undefined : value);
}

function walkArray(array: Raw, parts: readonly string[], at: number, leaves: boolean, visit: Visit): boolean {
  if (at === parts.length) return (leaves && elementsOf(array).some(visit)) || visit(array);
  const part = parts[at]!;
  const position = /^(0|[1-9]\d{0,8})$/.test(part) ? Number(part) : -1;
  const elements = elementsOf(array);
  for (let i = 0; i < elements.length; i++) {
    const element = elements[i]!;
    if (element.type === bsonType.object && walkPath(element, parts, at, leaves, visit)) return true;
    if (i !== position) continue;
    if (at + 1 === parts.length) {
      if (visit(element)) return true;
    } else if (element.type === bsonType.object) {
      if (walkPath(element, parts, at + 1, leaves, visit)) return true;
    } else if (element.type === bsonType.array && walkArray(element, parts, at + 1, leaves, visit)) return true;
  }
  return false;
}
