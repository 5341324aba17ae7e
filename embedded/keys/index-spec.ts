// What an index is: its fields, directions and options, parsed once from the document createIndexes got.
import { rawOf } from '../bson/build.ts';
import { equalValues } from '../bson/order.ts';
import { elementsOf, fieldOf, fieldsOf, isNumber, numberOf, type Raw, textOf, truthOf } from '../bson/raw.ts';
import { storeError } from '../errors.ts';

export type IndexField = { readonly path: string; readonly parts: readonly string[]; readonly descending: boolean };

export type IndexSpec = {
  readonly name: string;
  readonly fields: readonly IndexField[];
  /** The key document as it was given: its types are kept for listIndexes. */
  readonly key: Raw;
  readonly unique: boolean;
  readonly sparse: boolean;
  readonly partialFilter?: Raw;
  readonly expireAfterSeconds?: number;
  /** The whole document, as listIndexes shows it. */
  readonly document: Raw;
};

/** Fields an index can have at most, as in MongoDB. */
export const indexFieldsMax = 32;

/** The fields of an index specification. */
export const knownOptions: ReadonlySet<string> = new Set([
  'v',
  'key',
  'name',
  'ns',
  'unique',
  'sparse',
  'background',
  'partialFilterExpression',
  'expireAfterSeconds',
  'collation',
  'hidden',
  'dropDups',
  'clustered',
]);

/** Throws CannotCreateIndex, TypeMismatch or BadValue for what is not an index this store can keep. */
export function parseIndexSpec(document: Raw): IndexSpec {
  const options = new Map(fieldsOf(document));
  for (const name of options.keys()) {
    if (!knownOptions.has(name)) {
      throw storeError(
        'InvalidIndexSpecificationOption',
        `The field '${name}' is not valid for an index specification.`,
      );
    }
  }
  const key = options.get('key');
  if (key?.type !== 3)
    throw storeError('FailedToParse', "The 'key' field is a required property of an index specification");
  const fields = parseFields(key);
  const nameValue = options.get('name');
  if (nameValue?.type !== 2) {
    throw storeError('FailedToParse', "The 'name' field is a required property of an index specification");
  }
  const partialFilter = options.get('partialFilterExpression');
  const sparse = truthOf(options.get('sparse'));
  if (partialFilter !== undefined && sparse) {
    throw storeError('CannotCreateIndex', 'cannot mix "partialFilterExpression" and "sparse" options');
  }
  const expire = options.get('expireAfterSeconds');
  if (expire !== undefined) checkExpiry(expire, fields);
  const collation = options.get('collation');
  if (collation !== undefined && collationIsNotSimple(collation)) {
    throw storeError('CannotCreateIndex', 'only the simple collation is supported');
  }
  return {
    name: textOf(nameValue),
    fields,
    key,
    unique: truthOf(options.get('unique')),
    sparse,
    ...(partialFilter === undefined ? {} : { partialFilter }),
    ...(expire === undefined ? {} : { expireAfterSeconds: numberOf(expire) }),
    document,
  };
}

export function collationIsNotSimple(collation: Raw): boolean {
  const locale = fieldOf(collation, 'locale');
  return locale !== undefined && !(locale.type === 2 && textOf(locale) === 'simple');
}

function parseFields(key: Raw): IndexField[] {
  const fields: IndexField[] = [];
  for (const [path, value] of fieldsOf(key)) {
    if (path === '' || path.startsWith('$') || path.split('.').some((part) => part === '' || part.startsWith('$'))) {
      throw storeError('CannotCreateIndex', `Values in v:2 index key pattern cannot use the path '${path}'`);
    }
    if (value.type === 2) {
      throw storeError('CannotCreateIndex', `Unknown index plugin '${textOf(value)}': only 1 and -1 are supported`);
    }
    if (!isNumber(value) || !(Math.abs(numberOf(value)) > 0)) {
      throw storeError('CannotCreateIndex', `Values in the index key pattern must be numbers, not 0: '${path}'`);
    }
    if (fields.some((field) => field.path === path)) {
      throw storeError('CannotCreateIndex', `The field '${path}' appears twice in the index key pattern`);
    }
    if (path.includes('$**')) throw storeError('CannotCreateIndex', 'wildcard indexes are not supported');
    fields.push({ path, parts: path.split('.'), descending: numberOf(value) < 0 });
  }
  if (fields.length === 0) throw storeError('CannotCreateIndex', 'Index keys cannot be an empty object');
  if (fields.length > indexFieldsMax)
    throw storeError('CannotCreateIndex', `more than ${indexFieldsMax} fields in an index`);
  return fields;
}

function checkExpiry(expire: Raw, fields: readonly IndexField[]): void {
  if (!isNumber(expire)) throw storeError('TypeMismatch', 'expireAfterSeconds must be a number');
  const seconds = numberOf(expire);
  if (!(seconds >= 0 && seconds <= 2_147_483_647)) {
    throw storeError('CannotCreateIndex', 'TTL index expireAfterSeconds must lie between 0 and 2147483647');
  }
  if (fields.length > 1 || fields[0]?.path === '_id') {
    throw storeError('CannotCreateIndex', 'TTL indexes are single-field indexes, on a field other than _id');
  }
}

/** Whether two specifications are of one index: same keys and directions, filter, unique and sparse. */
export function sameIndex(a: IndexSpec, b: IndexSpec): boolean {
  return (
    a.fields.length === b.fields.length &&
    a.fields.every((field, i) => field.path === b.fields[i]!.path && field.descending === b.fields[i]!.descending) &&
    a.unique === b.unique &&
    a.sparse === b.sparse &&
    (a.partialFilter === undefined) === (b.partialFilter === undefined) &&
    (a.partialFilter === undefined || equalValues(a.partialFilter, b.partialFilter))
  );
}

/** The index that every collection has. */
export function idIndexSpec(): IndexSpec {
  return parseIndexSpec(rawOf({ v: 2, key: { _id: 1 }, name: '_id_' }));
}

export function isIdKey(key: Raw): boolean {
  const fields = fieldsOf(key);
  return fields.length === 1 && fields[0]![0] === '_id' && elementsOf(key).length === 1;
}
