// Parses an update: a replacement, operators, or a pipeline. Refuses what MongoDB refuses before it looks at any
// document: unknown operators (9), paths that touch each other (40), empty paths (56), dollars (52).
import { bsonType, elementsOf, fieldsOf, type Raw, textOf } from '../bson/raw.ts';
import { type ErrorName, storeError } from '../errors.ts';
import type { Filter } from '../query/filter.ts';
import { type FilterContext, parseFilter } from '../query/parse-filter.ts';
import type { Projection } from '../query/projection.ts';
import { type Apply, operators } from './operators.ts';
import { comparePaths, filterName, PathsTouched } from './paths-touched.ts';
import { compilePipeline } from './pipeline-update.ts';

export type Change = {
  readonly operator: string;
  readonly parts: readonly string[];
  readonly apply: Apply;
  /** Of a $rename: the source. The path is the destination then. */
  readonly from?: readonly string[];
};

export type Update =
  | { readonly kind: 'replace'; readonly document: Raw }
  | { readonly kind: 'operators'; readonly changes: readonly Change[]; readonly arrayFilters: ArrayFilters }
  | { readonly kind: 'pipeline'; readonly run: Projection };

/** By name. The filter is for a document whose one field, of that name, is the element. */
export type ArrayFilters = ReadonlyMap<string, Filter>;

export function parseUpdate(value: Raw, arrayFilters: readonly Raw[] = [], context: FilterContext = {}): Update {
  const fields = value.type === bsonType.object ? fieldsOf(value) : [];
  if (fields[0]?.[0].startsWith('$')) {
    const changes = fields.flatMap(([operator, body]) => parseOperator(operator, body));
    const touched = new PathsTouched();
    for (const { parts } of changes) touched.add(parts, parts.join('.'));
    changes.sort((a, b) => comparePaths(a.parts, b.parts));
    return { kind: 'operators', changes, arrayFilters: parseArrayFilters(arrayFilters, changes, context) };
  }
  const isPipeline = value.type === bsonType.array;
  check(
    isPipeline || value.type === bsonType.object,
    'FailedToParse',
    () => 'Update argument must be an object or an array',
  );
  const style = isPipeline ? 'pipeline' : 'replacement';
  check(
    arrayFilters.length === 0,
    'FailedToParse',
    () => `arrayFilters may not be specified for ${style}-style updates`,
  );
  if (isPipeline) return { kind: 'pipeline', run: compilePipeline(elementsOf(value), context) };
  const dollar = fields.find(([name]) => name.startsWith('$'))?.[0];
  check(
    dollar === undefined,
    'DollarPrefixedFieldName',
    () =>
      `The dollar ($) prefixed field '${dollar}' is not allowed in the context of an update's replacement document.`,
  );
  return { kind: 'replace', document: value };
}

/** The message is made only where it is needed: updates are parsed by the thousand. */
function check(holds: boolean, error: ErrorName, otherwise: () => string): void {
  if (!holds) throw storeError(error, otherwise());
}

function parseOperator(operator: string, body: Raw): Change[] {
  check(
    operator === '$rename' || operators.has(operator),
    'FailedToParse',
    () =>
      `Unknown modifier: ${operator}. Expected a valid update modifier or pipeline-style update specified as an array`,
  );
  check(
    body.type === bsonType.object,
    'FailedToParse',
    () => `Modifiers operate on fields but we found type ${body.type} instead. For example: {$mod: {<field>: ...}}`,
  );
  return fieldsOf(body).flatMap(([path, operand]) => {
    const parts = updatable(path);
    if (operator === '$rename') return parseRename(parts, operand);
    return [{ operator, parts, apply: operators.get(operator)!(operand, path) }];
  });
}

function updatable(path: string): readonly string[] {
  const parts = path.split('.');
  if (parts.includes('')) {
    throw storeError('EmptyFieldName', `The update path '${path}' contains an empty field name, which is not allowed.`);
  }
  if (!path.includes('$')) return parts;
  const first = parts[0]!;
  if (first === '$' || parts.indexOf('$') !== parts.lastIndexOf('$')) {
    const what = first === '$' ? 'Cannot have positional' : 'Too many positional';
    throw storeError('BadValue', `${what} (i.e. '$') elements in path '${path}'`);
  }
  if (first.startsWith('$')) {
    const message = `The dollar ($) prefixed field '${first}' in '${path}' is not allowed in an update.`;
    throw storeError('DollarPrefixedFieldName', message);
  }
  return parts;
}

/** The source stands among the changes, too: no other may touch it. */
function parseRename(from: readonly string[], operand: Raw): Change[] {
  const source = from.join('.');
  check(operand.type === bsonType.string, 'BadValue', () => `The 'to' field for $rename must be a string: ${source}`);
  const to = textOf(operand);
  const parts = updatable(to);
  check(source !== to, 'BadValue', () => `The source and target field for $rename must differ: ${source}`);
  check(
    !`${to}.`.startsWith(`${source}.`) && !`${source}.`.startsWith(`${to}.`),
    'BadValue',
    () => `The source and target field for $rename must not be on the same path: ${source}: ${to}`,
  );
  check(
    ![...from, ...parts].some((part) => part === '$' || filterName(part) !== undefined),
    'BadValue',
    () => `The fields of a $rename may not be dynamic: ${source}, ${to}`,
  );
  const nothing: Apply = (old) => old;
  return [
    { operator: '$rename', parts, from, apply: nothing },
    { operator: '$unset', parts: from, apply: nothing },
  ];
}

function parseArrayFilters(filters: readonly Raw[], changes: readonly Change[], context: FilterContext): ArrayFilters {
  const out = new Map<string, Filter>();
  for (const filter of filters) {
    const name = identifierOf(filter) ?? '';
    check(
      /^[a-z][a-zA-Z0-9]*$/.test(name),
      'BadValue',
      () =>
        `Error parsing array filter: its name must be alphanumeric and begin with a lowercase letter, found '${name}'`,
    );
    check(
      !out.has(name),
      'FailedToParse',
      () => `Found multiple array filters with the same top-level field name ${name}`,
    );
    out.set(name, parseFilter(filter, context));
  }
  const used = new Set<string>();
  for (const { parts } of changes) {
    for (const name of parts.map(filterName)) {
      if (!name) continue;
      check(
        out.has(name),
        'BadValue',
        () => `No array filter found for identifier '${name}' in path '${parts.join('.')}'`,
      );
      used.add(name);
    }
  }
  const unused = [...out.keys()].find((name) => !used.has(name));
  const message = `The array filter for identifier '${unused}' was not used in the update`;
  check(unused === undefined, 'FailedToParse', () => message);
  return out;
}

/** The name all paths of an array filter begin with. */
function identifierOf(filter: Raw): string | undefined {
  const [name, value] = (filter.type === bsonType.object ? fieldsOf(filter)[0] : undefined) ?? [];
  if (value?.type === bsonType.array && name === '$and') {
    const first = elementsOf(value)[0];
    return first === undefined ? undefined : identifierOf(first);
  }
  return name?.split('.')[0];
}
