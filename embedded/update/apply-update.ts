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
import type { ArrayFilters, Change, Update } from './parse-update.ts';
import { comparePaths, filterName, PathsTouched } from './paths-touched.ts';

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
  const { changes, arrayFilters } = update;
  if (changes.some(({ parts }) => parts.includes('$'))) checkPosition(changes, context.position);
  const root = openNode(before)!;
  const run = { ...context, arrayFilters, root };
  const made = walk(run, changes, root, 0);
  const moved = changes.filter(({ from }) => from !== undefined);
  const away = moved.map(({ from }): Change => ({ operator: '$unset', parts: from!, apply: () => undefined }));
  return walk(run, away, root, 0) || made ? sealDocument(root) : before;
}

/** With `$` known, two paths may have become one. */
function checkPosition(changes: readonly Change[], position: number | undefined): void {
  if (position === undefined) {
    throw storeError('BadValue', 'The positional operator did not find the match needed from the query.');
  }
  const touched = new PathsTouched();
  for (const { parts } of changes) touched.add(parts.map((part) => (part === '$' ? String(position) : part)));
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

/** Whether the document begins with a field of that name. */
function isFirst(document: Raw): boolean {
  return document.bytes.readUInt32BE(document.start + 5) === 0x5f_69_64_00;
}

type Run = UpdateContext & { readonly arrayFilters: ArrayFilters; readonly root: Branch };
type Group = readonly [name: string, changes: readonly Change[]];

/**
 * Goes on below a branch with changes whose paths are one up to part `at`, and in their order; answers whether anything
 * changed. Changes for one place are made together, so that new fields stand in the order of their names.
 */
function walk(run: Run, changes: readonly Change[], branch: Branch, at: number): boolean {
  if (changes.length === 0) return false;
  const inArray = filterName(changes[0]!.parts[at]!) !== undefined;
  const groups = inArray ? byElement(run, changes, branch, at) : byName(run, changes, at);
  let touched = false;
  for (const [name, members] of groups) if (step(run, members, branch, name, at)) touched = true;
  return touched;
}

/** Changes of one name stand beside each other; only `$` is last, and may turn out to be one of the others. */
function byName({ position }: Run, changes: readonly Change[], at: number): readonly Group[] {
  const groups: [name: string, changes: Change[]][] = [];
  for (const change of changes) {
    const part = change.parts[at]!;
    const name = part === '$' ? String(position) : part;
    const known = part === '$' ? groups.find((group) => group[0] === name) : groups.at(-1);
    if (known?.[0] === name) known[1].push(change);
    else groups.push([name, [change]]);
  }
  if (changes.at(-1)?.parts[at] !== '$') return groups;
  return groups.map(([name, members]) => [name, joined(members, at, name)]);
}

/** The elements of an array, each with the changes that are for all, or whose array filter it passes. */
function byElement({ arrayFilters }: Run, changes: readonly Change[], branch: Branch, at: number): readonly Group[] {
  return branch.values.map((element, i): Group => {
    const members = changes.filter(({ parts }) => {
      const name = filterName(parts[at]!)!;
      if (name === '') return true;
      return matches(arrayFilters.get(name)!, sealDocument({ array: false, names: [name], values: [element] }));
    });
    return [String(i), joined(members, at, String(i))];
  });
}

/** Changes that are for one place, now that it is known. Throws ConflictingUpdateOperators if they touch each other. */
function joined(changes: readonly Change[], at: number, name: string): readonly Change[] {
  if (changes.every(({ parts }) => parts[at] === name)) return changes;
  const placed = changes.map((change) => ({ ...change, parts: change.parts.with(at, name) }));
  const touched = new PathsTouched();
  for (const { parts } of placed) touched.add(parts);
  return placed.sort((a, b) => comparePaths(a.parts, b.parts));
}

function step(run: Run, changes: readonly Change[], branch: Branch, name: string, at: number): boolean {
  const change = changes[0];
  if (change === undefined) return false;
  if (branch.array && !isPosition(name)) {
    return refused(run, changes, at, `Cannot create field '${name}' in element {${above(change, at)}: [...]}`);
  }
  if (at === change.parts.length - 1) return settle(run, change, branch, name);
  const index = childAt(branch, name);
  const old = index < 0 ? undefined : branch.values[index]!;
  const child = old === undefined ? newBranch() : openNode(old);
  const next = change.parts[at + 1]!;
  if (filterName(next) !== undefined && child?.array !== true) {
    if (old === undefined) throw mustExist(change, at + 1);
    throw storeError('BadValue', `Cannot apply array updates to non-array element ${above(change, at + 1)}`);
  }
  if (child === undefined) {
    const message = `Cannot create field '${next}' in element {${name}: ${showValue(sealNode(old!))}}`;
    return refused(run, changes, at + 1, message);
  }
  // In place while it is worked on: a $rename may look for its source there.
  if (index >= 0) branch.values[index] = child;
  const touched = walk(run, changes, child, at + 1);
  if (touched && index < 0) place(branch, name, child);
  return touched;
}

/** Where there can be no field: what would only take it away, or does nothing now, has nothing to do. */
function refused({ inserting, root }: Run, changes: readonly Change[], at: number, message: string): false {
  for (const change of changes) {
    const filter = change.parts.findIndex((part, i) => i > at && filterName(part) !== undefined);
    if (filter >= 0) throw mustExist(change, filter);
    const { from, operator } = change;
    const idle = operator === '$unset' || (operator === '$setOnInsert' && !inserting);
    if (!idle && (from === undefined || fieldBelow(root, from, 'source') !== undefined))
      throw storeError('PathNotViable', message);
  }
  return false;
}

function mustExist(change: Change, at: number): Error {
  const path = above(change, at);
  return storeError('BadValue', `The path '${path}' must exist in the document in order to apply array updates.`);
}

function above({ parts }: Change, at: number): string {
  return parts.slice(0, at).join('.');
}

/** At the path's end: the operator. What goes from an array leaves a null behind. */
function settle(run: Run, change: Change, branch: Branch, name: string): boolean {
  if (change.operator === '$setOnInsert' && !run.inserting) return false;
  const index = childAt(branch, name);
  const old = index < 0 ? undefined : sealNode(branch.values[index]!);
  const value = change.from === undefined ? change.apply(old, run.now) : renamed(run, change, change.from, old);
  if (value === old || (value !== undefined && old !== undefined && sameBytes(value, old))) return false;
  if (value !== undefined) place(branch, name, value);
  else if (branch.array) branch.values[index] = nullValue;
  else putField(branch, name, undefined);
  return true;
}

/** What a $rename puts at its destination; its source goes afterwards. Neither may lie in an array. */
function renamed({ root }: Run, { parts }: Change, from: readonly string[], old: Raw | undefined): Raw | undefined {
  const value = fieldBelow(root, from, 'source');
  if (value === undefined) return old;
  fieldBelow(root, parts, 'destination');
  return sealNode(value);
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
