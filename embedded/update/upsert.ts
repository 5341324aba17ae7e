// The document an upsert inserts: what the filter fixes by equality, then the update applied to it.
import { ObjectId } from 'bson';
import { rawOf } from '../bson/build.ts';
import { fieldOf, type Raw } from '../bson/raw.ts';
import { storeError } from '../errors.ts';
import type { Filter, Leaf } from '../query/filter.ts';
import { applyUpdate } from './apply-update.ts';
import { withFirst } from './branch.ts';
import type { Update } from './parse-update.ts';

export function upsertDocument(filter: Filter, update: Update, now: Date): Raw {
  const fixed = equalities(filter).filter(([path]) => update.kind !== 'replace' || /^_id(\.|$)/.test(path));
  const changes = fixed.map(([path, value]) => ({ operator: '$set', parts: path.split('.'), apply: () => value }));
  const context = { inserting: true, now };
  const base = applyUpdate({ kind: 'operators', changes, arrayFilters: new Map() }, rawOf({}), context);
  const after = applyUpdate(update, base, context);
  return withFirst(after, '_id', fieldOf(after, '_id') ?? rawOf(new ObjectId()));
}

/** Paths that every match has with one value, in their order: {a: 1}, {a: {$eq: 1}}, {a: {$in: [1]}}, under $and. */
function equalities(filter: Filter): [path: string, value: Raw][] {
  const found: [path: string, value: Raw][] = [];
  for (const part of filter) {
    const value = part.kind === 'path' ? equalTo(part.leaf) : undefined;
    if (part.kind !== 'path' || value === undefined) continue;
    if (found.some(([path]) => `${path}.`.startsWith(`${part.path}.`) || `${part.path}.`.startsWith(`${path}.`))) {
      throw storeError('NotSingleValueField', `cannot infer query fields to set, path '${part.path}' is matched twice`);
    }
    found.push([part.path, value]);
  }
  return found.sort(([a], [b]) => (a < b ? -1 : 1));
}

function equalTo(leaf: Leaf): Raw | undefined {
  if (leaf.op === 'eq') return leaf.value;
  return leaf.op === 'in' && leaf.values.length === 1 ? leaf.values[0] : undefined;
}
