// The document an upsert inserts: what the filter fixes by equality, then the update applied to it.
import { ObjectId } from 'bson';
import { rawOf } from '../bson/build.ts';
import { fieldOf, type Raw } from '../bson/raw.ts';
import { storeError } from '../errors.ts';
import { conjuncts } from '../planner/plan.ts';
import type { Filter } from '../query/filter.ts';
import { applyUpdate } from './apply-update.ts';
import { openNode, sealDocument } from './branch.ts';
import type { Change, Update } from './parse-update.ts';

export function upsertDocument(filter: Filter, update: Update, now: Date): Raw {
  const fixed = equalities(filter).filter(([path]) => update.kind !== 'replace' || /^_id(\.|$)/.test(path));
  const changes = fixed.map(([path, value]): Change => ({ operator: '$set', path, parts: path.split('.'), value }));
  const context = { inserting: true, now };
  const base = applyUpdate({ kind: 'operators', changes, arrayFilters: new Map() }, rawOf({}), context);
  const after = applyUpdate(update, base, context);
  if (fieldOf(after, '_id') !== undefined) return idFirst(after);
  const branch = openNode(after)!;
  branch.names.unshift('_id');
  branch.values.unshift(rawOf(new ObjectId()));
  return sealDocument(branch);
}

function idFirst(document: Raw): Raw {
  const branch = openNode(document)!;
  const at = branch.names.indexOf('_id');
  if (at === 0) return document;
  const [id] = branch.values.splice(at, 1);
  branch.names.splice(at, 1);
  branch.names.unshift('_id');
  branch.values.unshift(id!);
  return sealDocument(branch);
}

/**
 * Paths that every match has with one value, in their order: {a: 1}, {a: {$eq: 1}}, {a: {$in: [1]}}, under $and.
 */
function equalities(filter: Filter): [path: string, value: Raw][] {
  const found: [path: string, value: Raw][] = [];
  for (const part of conjuncts(filter)) {
    const only = part.kind === 'or' && part.parts.length === 1 ? part.parts[0]! : part;
    if (only.kind !== 'path') continue;
    const value = equalTo(only);
    if (value === undefined) continue;
    if (found.some(([path]) => `${path}.`.startsWith(`${only.path}.`) || `${only.path}.`.startsWith(`${path}.`))) {
      throw storeError('NotSingleValueField', `cannot infer query fields to set, path '${only.path}' is matched twice`);
    }
    found.push([only.path, value]);
  }
  return found.sort(([a], [b]) => (a < b ? -1 : 1));
}

function equalTo({ leaf }: Extract<Filter, { kind: 'path' }>): Raw | undefined {
  if (leaf.op === 'eq') return leaf.value;
  return leaf.op === 'in' && leaf.values.length === 1 && leaf.regexes.length === 0 ? leaf.values[0] : undefined;
}
