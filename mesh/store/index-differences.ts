// Compares the indexes that a collection declares with those that it has.

import type { Document } from 'mongodb';
import type { Collection, Index } from './collection.ts';

export type Difference =
  | { readonly kind: 'missing'; readonly index: Index }
  /** Another expiry of the same TTL index, which can be changed in place. */
  | { readonly kind: 'expiry'; readonly index: Index }
  /** Anything else: somebody decides, because building it anew takes the index away meanwhile. */
  | { readonly kind: 'changed'; readonly index: Index };

/** `present` is the answer of listIndexes. Indexes that nobody declared are left alone: an operator may want them. */
export function indexDifferences(collection: Collection, present: readonly Document[]): readonly Difference[] {
  const byName = new Map(present.map((index) => [index.name as string, index]));
  return collection.indexes.flatMap((index): Difference[] => {
    const found = byName.get(index.name);
    if (found === undefined) return [{ kind: 'missing', index }];
    if (shapeOf(index) !== shapeOf(found)) return [{ kind: 'changed', index }];
    if (index.expireAfterSeconds === (found.expireAfterSeconds ?? undefined)) return [];
    const bothExpire = index.expireAfterSeconds !== undefined && found.expireAfterSeconds !== undefined;
    return [{ kind: bothExpire ? 'expiry' : 'changed', index }];
  });
}

type Shape = Pick<Index, 'key' | 'unique' | 'sparse' | 'partialFilterExpression'>;

/** The order of a key's fields matters, and is kept. */
function shapeOf(index: Shape | Document): string {
  return JSON.stringify([
    keyEntries(index.key),
    index.unique ?? false,
    index.sparse ?? false,
    index.partialFilterExpression ?? null,
  ]);
}

function keyEntries(key: unknown): readonly (readonly [string, unknown])[] {
  if (typeof key === 'string') return [[key, 1]];
  if (Array.isArray(key)) {
    if (key.every((part) => typeof part === 'string')) {
      return key.length === 2 && isDirection(key[1])
        ? [[String(key[0]), Number(key[1])]]
        : key.map((name) => [String(name), 1] as const);
    }
    return key.flatMap((part) => keyEntries(part));
  }
  const entries = key instanceof Map ? [...key] : Object.entries(key as object);
  return entries.map(([name, direction]) => [name, isDirection(direction) ? Number(direction) : direction] as const);
}

function isDirection(value: unknown): boolean {
  return value === 1 || value === -1 || value === '1' || value === '-1';
}
