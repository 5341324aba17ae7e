// A filter as a tree, parsed once from its document. The planner reads it; match.ts evaluates it.
import { orderKey } from '../bson/order.ts';
import type { Raw } from '../bson/raw.ts';

/** A test of one value at the end of a path. */
export type Leaf =
  | { readonly op: 'eq' | 'lt' | 'lte' | 'gt' | 'gte'; readonly value: Raw; readonly key: Buffer }
  | {
      readonly op: 'in';
      readonly values: readonly Raw[];
      readonly keys: ReadonlySet<string>;
      readonly regexes: readonly Raw[];
    }
  | { readonly op: 'exists' }
  | { readonly op: 'type'; readonly types: ReadonlySet<number> }
  | { readonly op: 'regex'; readonly pattern: RegExp; readonly source: Raw }
  | { readonly op: 'elemMatch'; readonly filter: Filter }
  | { readonly op: 'elemMatchValue'; readonly tests: readonly Leaf[]; readonly not: readonly Leaf[] };

export type Filter =
  | { readonly kind: 'and' | 'or' | 'nor'; readonly parts: readonly Filter[] }
  | { readonly kind: 'not'; readonly part: Filter }
  | { readonly kind: 'path'; readonly path: string; readonly parts: readonly string[]; readonly leaf: Leaf }
  | { readonly kind: 'expr'; readonly test: (document: Raw) => boolean };

export const everything: Filter = { kind: 'and', parts: [] };

export function comparison(op: 'eq' | 'lt' | 'lte' | 'gt' | 'gte', value: Raw): Leaf {
  return { op, value, key: orderKey(value) };
}

export function membership(values: readonly Raw[]): Leaf {
  const plain = values.filter((value) => value.type !== 11);
  return {
    op: 'in',
    values: plain,
    keys: new Set(values.map((value) => orderKey(value).toString('latin1'))),
    regexes: values.filter((value) => value.type === 11),
  };
}

export function atPath(path: string, leaf: Leaf): Filter {
  return { kind: 'path', path, parts: path.split('.'), leaf };
}
