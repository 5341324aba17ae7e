// Parses an update: a replacement, operators, or a pipeline. Refuses what MongoDB refuses before it looks at any
// document: unknown operators (9), paths that touch each other (40), empty paths (56), dollars (52).
import { bsonType, elementsOf, fieldsOf, type Raw, textOf } from '../bson/raw.ts';
import { storeError } from '../errors.ts';
import type { Filter } from '../query/filter.ts';
import { type FilterContext, parseFilter } from '../query/parse-filter.ts';
import type { Projection } from '../query/projection.ts';
import { isPosition } from './branch.ts';
import { compilePipeline } from './pipeline-update.ts';

export const updateOperators = [
  '$set',
  '$unset',
  '$inc',
  '$mul',
  '$min',
  '$max',
  '$rename',
  '$setOnInsert',
  '$currentDate',
  '$push',
  '$addToSet',
  '$pull',
  '$pullAll',
  '$pop',
  '$bit',
] as const;

export type UpdateOperator = (typeof updateOperators)[number];

export type Change = {
  readonly operator: UpdateOperator;
  readonly path: string;
  readonly parts: readonly string[];
  readonly value: Raw;
  /** Of a $rename: the source. The path is the destination then. */
  readonly from?: readonly string[];
};

export type Update =
  | { readonly kind: 'replace'; readonly document: Raw }
  | { readonly kind: 'operators'; readonly changes: readonly Change[]; readonly arrayFilters: ArrayFilters }
  | { readonly kind: 'pipeline'; readonly run: Projection };

/** By identifier: the filter, and the path below the element ('' for the element itself is written as its name). */
export type ArrayFilters = ReadonlyMap<string, Filter>;

export function parseUpdate(value: Raw, arrayFilters: readonly Raw[] = [], context: FilterContext = {}): Update {
  if (value.type === bsonType.array) {
    if (arrayFilters.length > 0)
      throw storeError('FailedToParse', 'arrayFilters may not be specified for pipeline-style updates');
    return { kind: 'pipeline', run: compilePipeline(elementsOf(value), context) };
  }
  if (value.type !== bsonType.object)
    throw storeError('FailedToParse', 'Update argument must be either an object or an array');
  const fields = fieldsOf(value);
  if (!fields[0]?.[0].startsWith('$')) {
    if (arrayFilters.length > 0)
      throw storeError('FailedToParse', 'arrayFilters may not be specified for replacement-style updates');
    for (const [name] of fields) {
      if (name.startsWith('$')) {
        throw storeError(
          'DollarPrefixedFieldName',
          `The dollar ($) prefixed field '${name}' is not allowed in the context of an update's replacement document.`,
        );
      }
    }
    return { kind: 'replace', document: value };
  }
  const changes = fields.flatMap(([operator, body]) => parseOperator(operator, body));
  checkConflicts(changes);
  changes.sort((a, b) => comparePaths(a.parts, b.parts));
  return { kind: 'operators', changes, arrayFilters: parseArrayFilters(arrayFilters, changes, context) };
}

function parseOperator(operator: string, body: Raw): Change[] {
  if (!updateOperators.includes(operator as UpdateOperator)) {
    throw storeError(
      'FailedToParse',
      `Unknown modifier: ${operator}. Expected a valid update modifier or pipeline-style update specified as an array`,
    );
  }
  if (body.type !== bsonType.object) {
    throw storeError(
      'FailedToParse',
      `Modifiers operate on fields but we found type ${body.type} instead. For example: {$mod: {<field>: ...}}`,
    );
  }
  return fieldsOf(body).map(([path, value]) => {
    const parts = updatable(path);
    if (operator !== '$rename') return { operator: operator as UpdateOperator, path, parts, value };
    if (value.type !== bsonType.string) {
      throw storeError('BadValue', `The 'to' field for $rename must be a string: ${path}`);
    }
    const to = updatable(textOf(value));
    checkRename(parts, to);
    return { operator, path: to.join('.'), parts: to, value, from: parts };
  });
}

function updatable(path: string): readonly string[] {
  const parts = path.split('.');
  if (parts.includes('')) {
    throw storeError('EmptyFieldName', `The update path '${path}' contains an empty field name, which is not allowed.`);
  }
  if (parts[0] === '$' || parts.indexOf('$') !== parts.lastIndexOf('$')) {
    const what = parts[0] === '$' ? 'Cannot have positional' : 'Too many positional';
    throw storeError('BadValue', `${what} (i.e. '$') elements in path '${path}'`);
  }
  if (parts[0]!.startsWith('$')) {
    throw storeError(
      'DollarPrefixedFieldName',
      `The dollar ($) prefixed field '${parts[0]}' in '${path}' is not allowed in an update.`,
    );
  }
  return parts;
}

function checkRename(from: readonly string[], to: readonly string[]): void {
  const shared = Math.min(from.length, to.length);
  if (from.slice(0, shared).join('.') === to.slice(0, shared).join('.')) {
    const what = from.length === to.length ? 'differ' : 'not be on the same path';
    throw storeError('BadValue', `The source and target field for $rename must ${what}: ${to.join('.')}`);
  }
  if ([...from, ...to].some((part) => part === '$' || part.startsWith('$['))) {
    throw storeError('BadValue', `The fields of a $rename may not be dynamic: ${from.join('.')}, ${to.join('.')}`);
  }
}

/** Changes are made in this order, so that new fields stand in it: by name, positions by their number. */
function comparePaths(a: readonly string[], b: readonly string[]): number {
  const at = a.findIndex((part, i) => part !== b[i]);
  const [x, y] = [a[at] ?? '', b[at] ?? ''];
  if (isPosition(x) && isPosition(y)) return Number(x) - Number(y);
  return x < y ? -1 : 1;
}

/** No two changes on the same path or one below the other. $rename touches both its ends. */
function checkConflicts(changes: readonly Change[]): void {
  const taken = new Map<string, boolean>();
  const take = (path: string) => {
    let at = -1;
    do {
      at = path.indexOf('.', at + 1);
      const prefix = at < 0 ? path : path.slice(0, at);
      const whole = taken.get(prefix);
      if (whole === true || (at < 0 && whole === false)) {
        throw storeError(
          'ConflictingUpdateOperators',
          `Updating the path '${path}' would create a conflict at '${prefix}'`,
        );
      }
      taken.set(prefix, at < 0);
    } while (at >= 0);
  };
  for (const change of changes) {
    take(change.path);
    if (change.from !== undefined) take(change.from.join('.'));
  }
}

function parseArrayFilters(filters: readonly Raw[], changes: readonly Change[], context: FilterContext): ArrayFilters {
  const out = new Map<string, Filter>();
  for (const filter of filters) {
    const identifier = identifierOf(filter);
    if (identifier === undefined || !/^[a-z][a-zA-Z0-9]*$/.test(identifier)) {
      throw storeError(
        'BadValue',
        'Error parsing array filter: its name must be alphanumeric and begin with a lowercase letter, ' +
          `found '${identifier}'`,
      );
    }
    if (out.has(identifier)) {
      throw storeError(
        'FailedToParse',
        `Found multiple array filters with the same top-level field name ${identifier}`,
      );
    }
    out.set(identifier, parseFilter(filter, context));
  }
  const used = new Set(
    changes.flatMap((change) =>
      change.parts.filter((part) => /^\$\[.+\]$/.test(part)).map((part) => part.slice(2, -1)),
    ),
  );
  for (const identifier of out.keys()) {
    if (!used.has(identifier)) {
      throw storeError('FailedToParse', `The array filter for identifier '${identifier}' was not used in the update`);
    }
  }
  for (const identifier of used) {
    if (!out.has(identifier)) {
      throw storeError('BadValue', `No array filter found for identifier '${identifier}'`);
    }
  }
  return out;
}

/** The name all paths of an array filter begin with. */
function identifierOf(filter: Raw): string | undefined {
  if (filter.type !== bsonType.object) return undefined;
  for (const [name, value] of fieldsOf(filter)) {
    if (!name.startsWith('$')) return name.split('.')[0];
    if (value.type !== bsonType.array) return undefined;
    const first = elementsOf(value)[0];
    if (first !== undefined) return identifierOf(first);
  }
  return undefined;
}
