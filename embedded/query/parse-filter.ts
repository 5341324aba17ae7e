// Parses a filter document. Throws BadValue (2) for what MongoDB's parser refuses, in its words where tests read them.
import { bsonType, elementsOf, fieldsOf, nulAt, type Raw, textOf, truthOf } from '../bson/raw.ts';
import { storeError } from '../errors.ts';
import { compileExpression } from './expression.ts';
import { atPath, comparison, type Filter, type Leaf, membership } from './filter.ts';

/** Filters nest at most this deep, as in MongoDB. */
export const filterDepthMax = 100;

/** `variables` are what the command's `let` defined; one without a value is nothing, as a missing field is. */
export type FilterContext = { readonly variables?: ReadonlyMap<string, Raw | undefined>; readonly now?: Date };

export function parseFilter(document: Raw, context: FilterContext = {}, depth = 0): Filter {
  if (depth > filterDepthMax) throw storeError('BadValue', `Query filter nests deeper than ${filterDepthMax}`);
  if (document.type !== bsonType.object) throw storeError('TypeMismatch', 'a filter must be an object');
  const parts: Filter[] = [];
  for (const [name, value] of fieldsOf(document)) {
    if (name.startsWith('$')) {
      const part = parseTop(name, value, context, depth);
      if (part !== undefined) parts.push(part);
    } else parts.push(...parseField(name, value, context, depth));
  }
  return parts.length === 1 ? parts[0]! : { kind: 'and', parts };
}

function parseTop(name: string, value: Raw, context: FilterContext, depth: number): Filter | undefined {
  switch (name) {
    case '$and':
    case '$or':
    case '$nor': {
      if (value.type !== bsonType.array) throw storeError('BadValue', `${name} must be an array`);
      const members = elementsOf(value);
      if (members.length === 0) throw storeError('BadValue', `${name} must be a nonempty array`);
      const parts = members.map((member) => {
        if (member.type !== bsonType.object) {
          throw storeError('BadValue', `$or/$and/$nor entries need to be full objects`);
        }
        return parseFilter(member, context, depth + 1);
      });
      return { kind: name.slice(1) as 'and' | 'or' | 'nor', parts };
    }
    case '$expr': {
      const evaluate = compileExpression(value, context);
      return { kind: 'expr', test: (document) => truthOf(evaluate(document)) };
    }
    case '$comment':
      return undefined;
    default:
      throw storeError('BadValue', `unknown top level operator: ${name}`);
  }
}

/** Whether a value is a document of operators, such as {$gt: 1}. */
export function isOperatorDocument(value: Raw): boolean {
  return value.type === bsonType.object && value.bytes[value.start + 4] !== 0 && value.bytes[value.start + 5] === 0x24;
}

function parseField(path: string, value: Raw, context: FilterContext, depth: number): Filter[] {
  if (value.type === bsonType.regex) return [atPath(path, regexLeaf(value))];
  if (!isOperatorDocument(value) || isReference(value)) return [atPath(path, comparison('eq', value))];
  return parseOperators(path, value, context, depth);
}

/** A DBRef is a value, not operators. */
function isReference(value: Raw): boolean {
  const name = fieldsOf(value)[0]![0];
  return name === '$ref' || name === '$id' || name === '$db';
}

function parseOperators(path: string, operators: Raw, context: FilterContext, depth: number): Filter[] {
  const out: Filter[] = [];
  const all = fieldsOf(operators);
  for (const [name, value] of all) {
    switch (name) {
      case '$ne':
        if (value.type === bsonType.regex) throw storeError('BadValue', "Can't have regex as arg to $ne.");
        out.push({ kind: 'not', part: atPath(path, comparison('eq', value)) });
        break;
      case '$nin':
        out.push({ kind: 'not', part: atPath(path, membership(inValues('$nin', value))) });
        break;
      case '$exists': {
        const part = atPath(path, { op: 'exists' });
        out.push(truthOf(value) ? part : { kind: 'not', part });
        break;
      }
      case '$not':
        out.push({ kind: 'not', part: { kind: 'and', parts: parseNot(path, value, context, depth) } });
        break;
      case '$options':
        if (!all.some(([other]) => other === '$regex')) throw storeError('BadValue', '$options needs a $regex');
        break;
      case '$regex':
        out.push(atPath(path, regexLeaf(value, all.find(([other]) => other === '$options')?.[1])));
        break;
      default:
        out.push(atPath(path, parseLeaf(name, value, context, depth)));
    }
  }
  return out;
}

function parseNot(path: string, value: Raw, context: FilterContext, depth: number): Filter[] {
  if (value.type === bsonType.regex) return [atPath(path, regexLeaf(value))];
  if (value.type !== bsonType.object) throw storeError('BadValue', '$not needs a regex or a document');
  if (!isOperatorDocument(value)) throw storeError('BadValue', '$not cannot be empty');
  return parseOperators(path, value, context, depth + 1);
}

function inValues(name: string, value: Raw): Raw[] {
  if (value.type !== bsonType.array) throw storeError('BadValue', `${name} needs an array`);
  const values = elementsOf(value);
  if (values.some(isOperatorDocument)) throw storeError('BadValue', `cannot nest $ under ${name}`);
  return values;
}

function parseLeaf(name: string, value: Raw, context: FilterContext, depth: number): Leaf {
  switch (name) {
    case '$eq':
    case '$lt':
    case '$lte':
    case '$gt':
    case '$gte':
      if (value.type === bsonType.regex && name !== '$eq') {
        throw storeError('BadValue', `Can't have RegEx as arg to predicate over field '${name}'.`);
      }
      return comparison(name.slice(1) as 'eq', value);
    case '$in':
      return membership(inValues('$in', value));
    case '$type':
      return { op: 'type', types: typeNumbers(value) };
    case '$elemMatch':
      return parseElemMatch(value, context, depth);
    default:
      throw storeError('BadValue', `unknown operator: ${name}`);
  }
}

function parseElemMatch(value: Raw, context: FilterContext, depth: number): Leaf {
  if (value.type !== bsonType.object) throw storeError('BadValue', '$elemMatch needs an Object');
  const first = fieldsOf(value)[0]?.[0] ?? '';
  if (!first.startsWith('$') || ['$and', '$or', '$nor', '$expr'].includes(first)) {
    return { op: 'elemMatch', filter: parseFilter(value, context, depth + 1) };
  }
  const tests: Leaf[] = [];
  const not: Leaf[] = [];
  for (const part of parseOperators('', value, context, depth + 1)) {
    if (part.kind === 'path') tests.push(part.leaf);
    else if (part.kind === 'not' && part.part.kind === 'path') not.push(part.part.leaf);
    else if (part.kind === 'not' && part.part.kind === 'and') {
      return { op: 'elemMatchValue', tests: [...tests, negated(part.part.parts)], not };
    }
  }
  return { op: 'elemMatchValue', tests, not };
}

/** $not of several operators inside $elemMatch. */
function negated(parts: readonly Filter[]): Leaf {
  const leaves = parts.flatMap((part) => (part.kind === 'path' ? [part.leaf] : []));
  return { op: 'elemMatchValue', tests: [], not: leaves };
}

export function regexLeaf(value: Raw, options?: Raw): Leaf {
  if (value.type === bsonType.string)
    return { op: 'regex', pattern: compileRegex(textOf(value), options ? textOf(options) : ''), source: value };
  if (value.type !== bsonType.regex) throw storeError('BadValue', '$regex has to be a string');
  const patternEnd = nulAt(value.bytes, value.start);
  const own = value.bytes.toString('utf8', patternEnd + 1, value.end - 1);
  if (options !== undefined && own !== '') throw storeError('BadValue', 'options set in both $regex and $options');
  const pattern = value.bytes.toString('utf8', value.start, patternEnd);
  return { op: 'regex', pattern: compileRegex(pattern, options ? textOf(options) : own), source: value };
}

/** MongoDB's regular expressions are PCRE; what JavaScript's cannot say is refused. */
function compileRegex(pattern: string, options: string): RegExp {
  let source = pattern;
  let flags = 'u';
  for (const option of options) {
    if ('ims'.includes(option)) flags += flags.includes(option) ? '' : option;
    else if (option === 'x') source = source.replace(/\\.|\s+|#.*$/gm, (found) => (found[0] === '\\' ? found : ''));
    else if (option !== 'u') throw storeError('BadValue', `invalid flag in regex options: ${option}`);
  }
  for (const tried of [flags, flags.slice(1)]) {
    try {
      return new RegExp(source, tried);
    } catch {}
  }
  throw storeError('BadValue', `Regular expression is invalid: ${pattern}`);
}

const typeNames: ReadonlyMap<string, readonly number[]> = new Map(
  Object.entries({
    double: [1],
    string: [2],
    object: [3],
    array: [4],
    binData: [5],
    undefined: [6],
    objectId: [7],
    bool: [8],
    date: [9],
    null: [10],
    regex: [11],
    dbPointer: [12],
    javascript: [13],
    symbol: [14],
    javascriptWithScope: [15],
    int: [16],
    timestamp: [17],
    long: [18],
    decimal: [19],
    minKey: [255],
    maxKey: [127],
    number: [1, 16, 18, 19],
  }),
);

function typeNumbers(value: Raw): ReadonlySet<number> {
  const wanted = value.type === bsonType.array ? elementsOf(value) : [value];
  if (wanted.length === 0) throw storeError('FailedToParse', '$type must match at least one type');
  return new Set(
    wanted.flatMap((each) => {
      const numbers = each.type === bsonType.string ? typeNames.get(textOf(each)) : undefined;
      if (numbers === undefined) throw storeError('BadValue', 'Unknown type name alias in $type');
      return [...numbers];
    }),
  );
}
