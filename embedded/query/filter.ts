// A filter: conditions that must all hold, parsed once from its document. The planner reads them; match.ts tests them.
import { orderKey } from '../bson/order.ts';
import type { Raw } from '../bson/raw.ts';

/** A test of one value at the end of a path. */
export type Leaf =
  | { readonly op: 'eq' | 'lt' | 'lte' | 'gt' | 'gte'; readonly value: Raw; readonly key: Buffer }
  | { readonly op: 'in'; readonly values: readonly Raw[]; readonly keys: ReadonlySet<string> }
  | { readonly op: 'type'; readonly types: ReadonlySet<number> }
  | { readonly op: 'exists' };

export type PathCondition = {
  readonly kind: 'path';
  readonly path: string;
  readonly parts: readonly string[];
  readonly leaf: Leaf;
};

export type Condition =
  | PathCondition
  | { readonly kind: 'not'; readonly part: PathCondition }
  | { readonly kind: 'expr'; readonly test: (document: Raw) => boolean };

export type Filter = readonly Condition[];

export function comparison(op: 'eq' | 'lt' | 'lte' | 'gt' | 'gte', value: Raw): Leaf {
  return { op, value, key: orderKey(value) };
}

export function membership(values: readonly Raw[]): Leaf {
  return { op: 'in', values, keys: new Set(values.map((value) => orderKey(value).toString('latin1'))) };
}

export function atPath(path: string, leaf: Leaf): PathCondition {
  return { kind: 'path', path, parts: path.split('.'), leaf };
}
