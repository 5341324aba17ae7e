// The document an upsert inserts: what the filter fixes by equality, then the update applied to it.
import { ObjectId } from 'bson';
import { rawOf } from '../bson/build.ts';
import { bsonType, fieldOf, type Raw } from '../bson/raw.ts';
import { storeError } from '../errors.ts';
import { conjuncts } from '../planner/plan.ts';
import type { Filter } from '../query/filter.ts';
import { applyUpdate } from './apply-update.ts';
import { type Branch, childAt, newBranch, openNode, sealDocument } from './branch.ts';
import type { Update } from './parse-update.ts';

export function upsertDocument(filter: Filter, update: Update, now: Date): Raw {
  const base = newBranch();
  for (const [path, value] of equalities(filter)) {
    if (update.kind !== 'replace' || path === '_id') setPath(base, path.split('.'), value);
  }
  const after = applyUpdate(update, sealDocument(base), { inserting: true, now });
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

/** Paths that every match has with one value: {a: 1}, {a: {$eq: 1}}, {a: {$in: [1]}}, {a: {$all: [1]}}, under $and. */
function equalities(filter: Filter): [path: string, value: Raw][] {
  const found = new Map<string, Raw>();
  for (const part of conjuncts(filter)) {
    const only = part.kind === 'or' && part.parts.length === 1 ? part.parts[0]! : part;
    if (only.kind !== 'path') continue;
    const value = equalTo(only);
    if (value === undefined) continue;
    if (found.has(only.path)) {
      throw storeError('NotSingleValueField', `cannot infer query fields to set, path '${only.path}' is matched twice`);
    }
    found.set(only.path, value);
  }
  return [...found];
}

function equalTo({ leaf }: Extract<Filter, { kind: 'path' }>): Raw | undefined {
  if (leaf.op === 'eq') return leaf.value;
  return leaf.op === 'in' && leaf.values.length === 1 && leaf.regexes.length === 0 ? leaf.values[0] : undefined;
}

function setPath(branch: Branch, parts: readonly string[], value: Raw): void {
  let here = branch;
  for (const part of parts.slice(0, -1)) {
    const at = childAt(here, part);
    const child = at < 0 ? newBranch() : openNode(here.values[at]!);
    if (child === undefined || child.array) {
      throw storeError(
        'NotSingleValueField',
        `cannot infer query fields to set, both '${part}' and '${parts.join('.')}' are matched`,
      );
    }
    if (at < 0) {
      here.names.push(part);
      here.values.push(child);
    } else here.values[at] = child;
    here = child;
  }
  here.names.push(parts.at(-1)!);
  here.values.push(value);
}

/** Whether a value may be an _id. */
export function checkUpsertId(document: Raw): void {
  if (fieldOf(document, '_id')?.type === bsonType.array)
    throw storeError('BadValue', "The '_id' value cannot be of type array");
}
