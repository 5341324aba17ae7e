// Applies a parsed update to one document. Untouched fields keep their bytes and their order; _id never changes.
import { equalValues } from '../bson/order.ts';
import { bsonType, fieldOf, fieldsOf, type Raw } from '../bson/raw.ts';
import { showValue } from '../bson/show.ts';
import { storeError } from '../errors.ts';
import { matches } from '../query/match.ts';
import { type Branch, childAt, isPosition, type Node, newBranch, openNode, sealDocument, sealNode } from './branch.ts';
import { applyOperator, type Target } from './operators.ts';
import type { ArrayFilters, Change, Update } from './parse-update.ts';

/** Documents are at most this long, in bytes, as in MongoDB. */
export const documentBytesMax = 16 * 1024 * 1024;

export type UpdateContext = {
  /** The array position the filter matched, for the positional `$`. */
  readonly position?: number;
  readonly inserting: boolean;
  readonly now: Date;
};

const nullValue: Raw = { type: bsonType.null, bytes: Buffer.alloc(0), start: 0, end: 0 };

/** The document after the update; the very same object if nothing changed. */
export function applyUpdate(update: Update, before: Raw, context: UpdateContext): Raw {
  const after = changed(update, before, context);
  if (after === before) return before;
  if (after.end - after.start > documentBytesMax) {
    throw storeError('BSONObjectTooLarge', `Resulting document after update is larger than ${documentBytesMax}`);
  }
  return after.bytes.compare(before.bytes, before.start, before.end, after.start, after.end) === 0 ? before : after;
}

function changed(update: Update, before: Raw, context: UpdateContext): Raw {
  switch (update.kind) {
    case 'replace':
      return replacement(before, update.document);
    case 'pipeline':
      return keepId(before, withId(before, update.run(before)));
    case 'operators': {
      const root = openNode(before)!;
      let touched = false;
      for (const change of update.changes) {
        if (change.operator === '$setOnInsert' && !context.inserting) continue;
        const run = { change, filters: update.arrayFilters, context };
        if (change.from === undefined ? walk(run, root, 0) : rename(run, root, change.from)) touched = true;
      }
      return touched ? keepId(before, sealDocument(root)) : before;
    }
  }
}

/** A replacement keeps the _id, in first place. */
function replacement(before: Raw, document: Raw): Raw {
  const id = fieldOf(before, '_id');
  const fields = fieldsOf(document);
  const given = fields.find(([name]) => name === '_id')?.[1];
  if (id !== undefined && given !== undefined && !equalValues(id, given)) throw immutableId('_id');
  const first = given ?? id;
  if (first === undefined) return document;
  const rest = fields.filter(([name]) => name !== '_id');
  return sealDocument({
    array: false,
    names: ['_id', ...rest.map(([name]) => name)],
    values: [first, ...rest.map(([, value]) => value)],
  });
}

/** A pipeline may replace the whole document; the _id comes back, in first place. */
function withId(before: Raw, after: Raw): Raw {
  const id = fieldOf(before, '_id');
  if (id === undefined || fieldOf(after, '_id') !== undefined) return after;
  const branch = openNode(after)!;
  return sealDocument({ array: false, names: ['_id', ...branch.names], values: [id, ...branch.values] });
}

function keepId(before: Raw, after: Raw): Raw {
  const old = fieldOf(before, '_id');
  if (old === undefined) return after;
  const now = fieldOf(after, '_id');
  if (now === undefined || !equalValues(old, now)) throw immutableId('_id');
  return after;
}

function immutableId(path: string): Error {
  return storeError(
    'ImmutableField',
    `Performing an update on the path '${path}' would modify the immutable field '_id'`,
  );
}

/** One change on its way down its path, which `$[]` and `$[name]` may split. */
type Run = {
  readonly change: Change;
  readonly filters: ArrayFilters;
  readonly context: UpdateContext;
};

/** Goes on with part `at` of the path below a branch; answers whether anything changed. */
function walk(run: Run, branch: Branch, at: number): boolean {
  const part = run.change.parts[at]!;
  if (part === '$') return step(run, branch, String(matchedPosition(run.context)), at);
  if (/^\$\[.*\]$/.test(part)) return each(run, branch, part.slice(2, -1), at);
  return step(run, branch, part, at);
}

function matchedPosition({ position }: UpdateContext): number {
  if (position === undefined) {
    throw storeError('BadValue', 'The positional operator did not find the match needed from the query.');
  }
  return position;
}

/** All elements of an array, or those that pass the array filter of that name. */
function each(run: Run, branch: Branch, name: string, at: number): boolean {
  const filter = name === '' ? undefined : run.filters.get(name);
  let touched = false;
  for (let i = 0; i < branch.values.length; i++) {
    if (filter !== undefined) {
      const wrapped = sealDocument({ array: false, names: [name], values: [branch.values[i]!] });
      if (!matches(filter, wrapped)) continue;
    }
    if (step(run, branch, String(i), at)) touched = true;
  }
  return touched;
}

function step(run: Run, branch: Branch, name: string, at: number): boolean {
  const { change } = run;
  if (branch.array && !isPosition(name)) {
    if (change.operator === '$unset') return false;
    throw storeError('PathNotViable', `Cannot create field '${name}' in element {${above(change, at)}: [...]}`);
  }
  if (at === change.parts.length - 1) return applyOperator(change, targetOf(branch, name), run.context.now);
  const index = childAt(branch, name);
  const old = index < 0 ? undefined : branch.values[index]!;
  const child = old === undefined ? newBranch() : openNode(old);
  const next = change.parts[at + 1]!;
  if (next === '$') matchedPosition(run.context);
  if (next.startsWith('$[') && child?.array !== true) {
    const path = above(change, at + 1);
    const why = old === undefined ? `The path '${path}' must exist in the document in order to` : 'Cannot';
    throw storeError(
      'BadValue',
      `${why} apply array updates${old === undefined ? '' : ` to non-array element ${path}`}`,
    );
  }
  if (old === undefined && !makesPaths.has(change.operator)) return false;
  if (child === undefined) {
    if (change.operator === '$unset') return false;
    const found = showValue(sealNode(old!));
    throw storeError('PathNotViable', `Cannot create field '${next}' in element {${name}: ${found}}`);
  }
  const touched = walk(run, child, at + 1);
  if (touched) place(branch, name, child);
  return touched;
}

function above({ parts }: Change, at: number): string {
  return parts.slice(0, at).join('.');
}

/** Sets the destination, then takes the source away. Neither may lie in an array. */
function rename(run: Run, root: Branch, from: readonly string[]): boolean {
  const { change } = run;
  const value = fieldBelow(root, from, 'source');
  if (value === undefined) return false;
  fieldBelow(root, change.parts, 'destination');
  walk({ ...run, change: { ...change, operator: '$set', value: sealNode(value) } }, root, 0);
  walk({ ...run, change: { operator: '$unset', path: from.join('.'), parts: from, value: nullValue } }, root, 0);
  return true;
}

function fieldBelow(root: Branch, parts: readonly string[], end: 'source' | 'destination'): Node | undefined {
  let node: Node | undefined = root;
  for (const part of parts) {
    const branch: Branch | undefined = node === undefined ? undefined : openNode(node);
    if (node === undefined || (branch === undefined && end === 'destination')) return undefined;
    if (branch === undefined || (branch.array && end === 'source' && !isPosition(part))) {
      throw storeError(
        'PathNotViable',
        `cannot use the part (${part}) of (${parts.join('.')}) to traverse the element`,
      );
    }
    const at = childAt(branch, part);
    if (branch.array && (at >= 0 || end === 'destination')) {
      throw storeError('BadValue', `The ${end} field cannot be an array element, '${parts.join('.')}'`);
    }
    node = at < 0 ? undefined : branch.values[at];
  }
  return node;
}

function targetOf(branch: Branch, name: string): Target {
  const index = childAt(branch, name);
  return {
    value: index < 0 ? undefined : branch.values[index],
    set: (node: Node) => place(branch, name, node),
    remove: () => {
      if (index < 0) return;
      if (branch.array) branch.values[index] = nullValue;
      else {
        branch.values.splice(index, 1);
        branch.names.splice(index, 1);
      }
    },
  };
}

/** Operators that make what their path lacks. */
const makesPaths: ReadonlySet<string> = new Set([
  '$set',
  '$setOnInsert',
  '$inc',
  '$mul',
  '$min',
  '$max',
  '$currentDate',
  '$push',
  '$addToSet',
  '$bit',
]);

/** Array positions that an update may add to an array at once, filled with nulls, as in MongoDB. */
const paddingMax = 1_500_000;

function place(branch: Branch, name: string, node: Node): void {
  const index = childAt(branch, name);
  if (index >= 0) {
    branch.values[index] = node;
    return;
  }
  if (!branch.array) {
    branch.names.push(name);
    branch.values.push(node);
    return;
  }
  const position = Number(name);
  if (position - branch.values.length > paddingMax) {
    throw storeError('CannotBackfillArray', `can't backfill more than ${paddingMax} elements`);
  }
  while (branch.values.length < position) {
    branch.values.push(nullValue);
  }
  branch.values.push(node);
}
