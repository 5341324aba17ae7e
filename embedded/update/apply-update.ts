// Applies a parsed update to one document. Untouched fields keep their bytes and their order; _id never changes.
import { equalValues } from '../bson/order.ts';
import { bsonType, fieldOf, type Raw } from '../bson/raw.ts';
import { showValue } from '../bson/show.ts';
import { storeError } from '../errors.ts';
import { matches } from '../query/match.ts';
import {
  type Branch,
  childAt,
  isPosition,
  type Node,
  newBranch,
  openNode,
  putField,
  sealDocument,
  sealNode,
  withFirst,
} from './branch.ts';
import { takesAway } from './operators.ts';
import type { ArrayFilters, Change, Update } from './parse-update.ts';
import { filterName, PathsTouched } from './paths-touched.ts';

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
  const after = keepId(before, changed(update, before, context));
  if (after.end - after.start > documentBytesMax) {
    throw storeError('BSONObjectTooLarge', `Resulting document after update is larger than ${documentBytesMax}`);
  }
  return sameBytes(before, after) ? before : after;
}

function changed(update: Update, before: Raw, context: UpdateContext): Raw {
  if (update.kind === 'replace') return update.document;
  if (update.kind === 'pipeline') return update.run(before);
  const root = openNode(before)!;
  const run = { filters: update.arrayFilters, now: context.now, touched: new Map() };
  let touched = false;
  for (const change of changesNow(update.changes, context)) {
    if (change.from === undefined ? walk(run, change, root, 0) : rename(run, change, root, change.from)) touched = true;
  }
  return touched ? sealDocument(root) : before;
}

function sameBytes(a: Raw, b: Raw): boolean {
  return a.type === b.type && a.bytes.compare(b.bytes, b.start, b.end, a.start, a.end) === 0;
}

/** The _id stays; a replacement and a pipeline get it back, or have it moved, to the first place. */
function keepId(before: Raw, after: Raw): Raw {
  const old = fieldOf(before, '_id');
  if (old === undefined || after === before) return after;
  const now = fieldOf(after, '_id');
  if (now !== undefined && !equalValues(old, now)) {
    const message = `Performing an update on the path '_id' would modify the immutable field '_id'`;
    throw storeError('ImmutableField', message);
  }
  return now === undefined || !isFirst(after) ? withFirst(after, '_id', now ?? old) : after;
}

function isFirst(document: Raw): boolean {
  return document.bytes.toString('latin1', document.start + 5, document.start + 9) === '_id\0';
}

/** The changes for one document. Where `$` has become a number, it may be one that another path names. */
function changesNow(changes: readonly Change[], { inserting, position }: UpdateContext): readonly Change[] {
  const wanted = changes.filter(({ operator }) => operator !== '$setOnInsert' || inserting);
  if (!wanted.some(({ parts }) => parts.includes('$'))) return wanted;
  if (position === undefined) {
    throw storeError('BadValue', 'The positional operator did not find the match needed from the query.');
  }
  const touched = new PathsTouched();
  return wanted.map((change) => {
    const parts = change.parts.map((part) => (part === '$' ? String(position) : part));
    touched.add(parts);
    return { ...change, parts };
  });
}

type Run = {
  readonly filters: ArrayFilters;
  readonly now: Date;
  /** By the place of a `$[name]` in its path: what paths become once it is a number. */
  readonly touched: Map<number, PathsTouched>;
};

/** Goes on with part `at` of the path below a branch; answers whether anything changed. */
function walk(run: Run, change: Change, branch: Branch, at: number): boolean {
  const part = change.parts[at]!;
  const name = filterName(part);
  return name === undefined ? step(run, change, branch, part, at) : each(run, change, branch, name, at);
}

/** All elements of an array, or those that pass the array filter of that name. */
function each(run: Run, change: Change, branch: Branch, name: string, at: number): boolean {
  const filter = run.filters.get(name);
  const touched = run.touched.get(at) ?? new PathsTouched();
  run.touched.set(at, touched);
  let any = false;
  for (let i = 0; i < branch.values.length; i++) {
    if (filter !== undefined) {
      const wrapped = sealDocument({ array: false, names: [name], values: [branch.values[i]!] });
      if (!matches(filter, wrapped)) continue;
    }
    const parts = change.parts.with(at, String(i));
    touched.add(parts);
    if (step(run, { ...change, parts }, branch, String(i), at)) any = true;
  }
  return any;
}

function step(run: Run, change: Change, branch: Branch, name: string, at: number): boolean {
  const { operator, parts } = change;
  if (branch.array && !isPosition(name)) {
    if (operator === '$unset') return false;
    throw storeError('PathNotViable', `Cannot create field '${name}' in element {${above(change, at)}: [...]}`);
  }
  if (at === parts.length - 1) return settle(run, change, branch, name);
  const index = childAt(branch, name);
  const old = index < 0 ? undefined : branch.values[index]!;
  const child = old === undefined ? newBranch() : openNode(old);
  const next = parts[at + 1]!;
  if (filterName(next) !== undefined && child?.array !== true) {
    const path = above(change, at + 1);
    const missing = `The path '${path}' must exist in the document in order to apply array updates.`;
    const message = old === undefined ? missing : `Cannot apply array updates to non-array element ${path}`;
    throw storeError('BadValue', message);
  }
  if (old === undefined && takesAway.has(operator)) return false;
  if (child === undefined) {
    if (operator === '$unset') return false;
    const found = showValue(sealNode(old!));
    throw storeError('PathNotViable', `Cannot create field '${next}' in element {${name}: ${found}}`);
  }
  const touched = walk(run, change, child, at + 1);
  if (touched) place(branch, name, child);
  return touched;
}

function above({ parts }: Change, at: number): string {
  return parts.slice(0, at).join('.');
}

/** At the path's end: the operator. What goes from an array leaves a null behind. */
function settle({ now }: Run, { apply }: Change, branch: Branch, name: string): boolean {
  const index = childAt(branch, name);
  const old = index < 0 ? undefined : sealNode(branch.values[index]!);
  const value = apply(old, now);
  if (value === old || (value !== undefined && old !== undefined && sameBytes(value, old))) return false;
  if (value !== undefined) place(branch, name, value);
  else if (branch.array) branch.values[index] = nullValue;
  else putField(branch, name, undefined);
  return true;
}

/** Sets the destination, then takes the source away. Neither may lie in an array. */
function rename(run: Run, change: Change, root: Branch, from: readonly string[]): boolean {
  const value = fieldBelow(root, from, 'source');
  if (value === undefined) return false;
  fieldBelow(root, change.parts, 'destination');
  walk(run, { ...change, apply: () => sealNode(value) }, root, 0);
  walk(run, { operator: '$unset', parts: from, apply: () => undefined }, root, 0);
  return true;
}

function fieldBelow(root: Branch, parts: readonly string[], end: 'source' | 'destination'): Node | undefined {
  let node: Node | undefined = root;
  for (const part of parts) {
    const branch: Branch | undefined = node === undefined ? undefined : openNode(node);
    if (node === undefined || (branch === undefined && end === 'destination')) return undefined;
    if (branch === undefined || (branch.array && end === 'source' && !isPosition(part))) {
      const message = `cannot use the part (${part}) of (${parts.join('.')}) to traverse the element`;
      throw storeError('PathNotViable', message);
    }
    const at = childAt(branch, part);
    if (branch.array && (at >= 0 || end === 'destination')) {
      throw storeError('BadValue', `The ${end} field cannot be an array element, '${parts.join('.')}'`);
    }
    node = at < 0 ? undefined : branch.values[at];
  }
  return node;
}

/** Array positions that an update may add to an array at once, filled with nulls, as in MongoDB. */
const paddingMax = 1_500_000;

function place(branch: Branch, name: string, node: Node): void {
  if (!branch.array) {
    putField(branch, name, node);
    return;
  }
  const position = Number(name);
  if (position - branch.values.length > paddingMax) {
    throw storeError('CannotBackfillArray', `can't backfill more than ${paddingMax} elements`);
  }
  while (branch.values.length < position) branch.values.push(nullValue);
  branch.values[position] = node;
}
