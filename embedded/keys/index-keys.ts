// From a document to the keys an index holds for it, by MongoDB's rules for arrays, missing fields and positions.
import { KeyWriter, writeOrder } from '../bson/order.ts';
import { bsonType, elementsOf, fieldOf, type Raw } from '../bson/raw.ts';
import { numberedError, storeError } from '../errors.ts';
import type { IndexField, IndexSpec } from './index-spec.ts';

export type IndexKeys = {
  /** Each key once. Empty: a sparse index does not hold the document. */
  readonly keys: readonly Buffer[];
  /** For each field whether an array was met on its path; undefined when none was. */
  readonly multikey?: readonly boolean[];
};

/** Where one field's path has got to. `value` undefined: the field is missing. */
type Cursor = { readonly value: Raw | undefined; readonly at: number; readonly done: boolean };

const writer = new KeyWriter();

/** What of an index decides its keys. */
export type KeySpec = Pick<IndexSpec, 'fields' | 'sparse'>;

/**
 * Throws CannotIndexParallelArrays, or BadValue where the keys are for a sort. The partial filter is the caller's
 * affair.
 */
export function indexKeys(spec: KeySpec, document: Raw, use: 'index' | 'sort' = 'index'): IndexKeys {
  const key = singleKey(spec, document);
  return key === undefined ? expandedKeys(spec, document, use) : { keys: [key.taken()] };
}

/**
 * The one key of a document that has no array on an index's paths, as nearly every document; undefined for others, and
 * for those that a sparse index does not hold. It is valid until the next key is made.
 */
export function singleKey({ fields, sparse }: KeySpec, document: Raw): KeyWriter | undefined {
  let present = !sparse;
  writer.length = 0;
  for (const field of fields) {
    const value = simpleValue(document, field);
    if (value === isArrayOnPath) return undefined;
    if (value !== undefined) present = true;
    writeField(field, value);
  }
  return present ? writer : undefined;
}

const isArrayOnPath = Symbol('an array is on the path');

/** The value at a path without arrays. */
function simpleValue(document: Raw, field: IndexField): Raw | undefined | typeof isArrayOnPath {
  let value = fieldOf(document, field.parts[0]!);
  for (let i = 1; i < field.parts.length; i++) {
    if (value === undefined) return undefined;
    if (value.type === bsonType.array) return isArrayOnPath;
    if (value.type !== bsonType.object) return undefined;
    value = fieldOf(value, field.parts[i]!);
  }
  return value?.type === bsonType.array ? isArrayOnPath : value;
}

function encodeKey(fields: readonly IndexField[], values: readonly (Raw | undefined)[]): Buffer {
  writer.length = 0;
  for (let i = 0; i < fields.length; i++) writeField(fields[i]!, values[i]);
  return writer.taken();
}

function writeField(field: IndexField, value: Raw | undefined): void {
  const from = writer.length;
  writeOrder(writer, value);
  if (field.descending) writer.invert(from);
}

function expandedKeys(spec: KeySpec, document: Raw, use: 'index' | 'sort'): IndexKeys {
  const keys = new Map<string, Buffer>();
  const multikey = spec.fields.map(() => false);
  let present = false;
  expand({ fields: spec.fields, use, multikey }, startAt(spec, document), (values) => {
    if (values.some((value) => value !== undefined)) present = true;
    const key = encodeKey(spec.fields, values);
    keys.set(key.toString('latin1'), key);
  });
  if (spec.sparse && !present) return { keys: [], multikey };
  return { keys: [...keys.values()], multikey };
}

function startAt({ fields }: KeySpec, document: Raw): readonly Cursor[] {
  return fields.map(() => ({ value: document, at: 0, done: false }));
}

type Expansion = {
  readonly fields: readonly IndexField[];
  readonly use: 'index' | 'sort';
  /** Raised where an array is met. */
  readonly multikey: boolean[];
};

function expand(
  expansion: Expansion,
  cursors: readonly Cursor[],
  emit: (values: readonly (Raw | undefined)[]) => void,
): void {
  const { fields, multikey, use } = expansion;
  const moved = cursors.map((cursor, i) => advance(cursor, fields[i]!.parts));
  let array: Raw | undefined;
  for (const { value, done } of moved) {
    if (done || value === undefined) continue;
    if (array === undefined) array = value;
    else if (array.start !== value.start) {
      if (use === 'sort') throw storeError('BadValue', 'cannot sort with keys that are parallel arrays');
      throw storeError('CannotIndexParallelArrays', `cannot index parallel arrays ${parallel(fields, moved)}`);
    }
  }
  if (array === undefined) {
    emit(moved.map(({ value }) => value));
    return;
  }
  for (let i = 0; i < moved.length; i++) if (!moved[i]!.done && moved[i]!.value !== undefined) multikey[i] = true;
  const elements = elementsOf(array);
  const none: Raw = { type: bsonType.undefined, bytes: array.bytes, start: 0, end: 0 };
  for (const element of elements.length === 0 ? [undefined] : elements) {
    const next = moved.map((cursor, i): Cursor => {
      if (cursor.done) return cursor;
      if (cursor.at === fields[i]!.parts.length) return { ...cursor, value: element ?? none, done: true };
      return intoElement(cursor, fields[i]!.parts, elements, element);
    });
    expand(expansion, next, emit);
  }
}

/** Walks until a leaf (done) or an array (not done). */
function advance(cursor: Cursor, parts: readonly string[]): Cursor {
  let { value, at } = cursor;
  if (cursor.done) return cursor;
  while (at < parts.length && value?.type === bsonType.object) value = fieldOf(value, parts[at++]!);
  if (value?.type === bsonType.array) return { value, at, done: false };
  return { value: at < parts.length ? undefined : value, at, done: true };
}

/** A path that goes on below an array: by position if it names one, else into each element that is a document. */
function intoElement(cursor: Cursor, parts: readonly string[], elements: Raw[], element: Raw | undefined): Cursor {
  const part = parts[cursor.at]!;
  const position = /^(0|[1-9]\d{0,8})$/.test(part) ? Number(part) : undefined;
  if (position !== undefined && elements[position] !== undefined) {
    const named = elements.some((each) => each.type === bsonType.object && fieldOf(each, part) !== undefined);
    if (named) throw ambiguous(part);
    const value = elements[position];
    const at = cursor.at + 1;
    return { value, at, done: at === parts.length && value.type !== bsonType.array };
  }
  if (element?.type === bsonType.object) return { value: element, at: cursor.at, done: false };
  return { value: undefined, at: cursor.at, done: true };
}

function ambiguous(part: string): Error {
  return numberedError(
    16746,
    'Ambiguous field name found in array (do not use numeric field names in embedded elements in an array), ' +
      `field: '${part}'`,
  );
}

function parallel(fields: readonly IndexField[], cursors: readonly Cursor[]): string {
  const names = fields.filter((_, i) => !cursors[i]!.done).map((field) => `[${field.parts.at(-1)}]`);
  return names.join(' ');
}

/** For 11000: the values behind one of a document's keys, missing ones as null. */
export function keyValues(
  { fields }: IndexSpec,
  document: Raw,
  isKey: (key: Buffer) => boolean,
): [path: string, value: Raw | null][] {
  let found: readonly (Raw | undefined)[] = [];
  const expansion: Expansion = { fields, use: 'index', multikey: [] };
  expand(expansion, startAt({ fields, sparse: false }, document), (values) => {
    if (isKey(encodeKey(fields, values))) found = values;
  });
  return fields.map((field, i) => [field.path, found[i] ?? null]);
}
