// Parses a filter document. Throws BadValue (2) for what MongoDB's parser refuses, in its words where tests read them,
// and for the operators that are not had.
import { bsonType, elementsOf, fieldsOf, type Raw, textOf, truthOf } from '../bson/raw.ts';
import { storeError } from '../errors.ts';
import { compileExpression } from './expression.ts';
import { atPath, type Condition, comparison, type Filter, membership } from './filter.ts';

/** Filters nest at most this deep, as in MongoDB. */
export const filterDepthMax = 100;

/** `variables` are what the command's `let` defined; one without a value is nothing, as a missing field is. */
export type FilterContext = { readonly variables?: ReadonlyMap<string, Raw | undefined>; readonly now?: Date };

export function parseFilter(document: Raw, context: FilterContext = {}, depth = 0): Filter {
  if (depth > filterDepthMax) throw storeError('BadValue', `Query filter nests deeper than ${filterDepthMax}`);
  if (document.type !== bsonType.object) throw storeError('TypeMismatch', 'a filter must be an object');
  const out: Condition[] = [];
  for (const [name, value] of fieldsOf(document)) {
    if (name === '$and') for (const each of parseAnd(value, context, depth)) out.push(each);
    else if (name === '$expr') out.push(parseExpression(value, context));
    else if (name.startsWith('$')) throw storeError('BadValue', `unknown top level operator: ${name}`);
    else if (!isOperatorDocument(value)) out.push(atPath(name, comparison('eq', operandOf('$eq', value))));
    else {
      for (const [operator, operand] of fieldsOf(value)) {
        out.push(parseOperator(name, operator, operandOf(operator, operand)));
      }
    }
  }
  return out;
}

function parseAnd(value: Raw, context: FilterContext, depth: number): Filter {
  if (value.type !== bsonType.array) throw storeError('BadValue', '$and must be an array');
  const members = elementsOf(value);
  if (members.length === 0) throw storeError('BadValue', '$and must be a nonempty array');
  if (members.some((member) => member.type !== bsonType.object)) {
    throw storeError('BadValue', '$or/$and/$nor entries need to be full objects');
  }
  return members.flatMap((member) => parseFilter(member, context, depth + 1));
}

function parseExpression(value: Raw, context: FilterContext): Condition {
  const evaluate = compileExpression(value, context);
  return { kind: 'expr', test: (document) => truthOf(evaluate(document)) };
}

/** Whether a value is a document of operators, such as {$gt: 1}. */
export function isOperatorDocument(value: Raw): boolean {
  return value.type === bsonType.object && value.bytes[value.start + 4] !== 0 && value.bytes[value.start + 5] === 0x24;
}

function parseOperator(path: string, name: string, value: Raw): Condition {
  switch (name) {
    case '$eq':
    case '$lt':
    case '$lte':
    case '$gt':
    case '$gte':
      return atPath(path, comparison(name.slice(1) as 'eq', value));
    case '$ne':
      return { kind: 'not', part: atPath(path, comparison('eq', value)) };
    case '$in':
      return atPath(path, membership(listOf(name, value)));
    case '$nin':
      return { kind: 'not', part: atPath(path, membership(listOf(name, value))) };
    case '$exists': {
      const part = atPath(path, { op: 'exists' });
      return truthOf(value) ? part : { kind: 'not', part };
    }
    case '$type':
      return atPath(path, { op: 'type', types: typesOf(value) });
    default:
      throw storeError('BadValue', `unknown operator: ${name}`);
  }
}

function listOf(name: string, value: Raw): Raw[] {
  if (value.type !== bsonType.array) throw storeError('BadValue', `${name} needs an array`);
  const values = elementsOf(value);
  if (values.some(isOperatorDocument)) throw storeError('BadValue', `cannot nest $ under ${name}`);
  return values.map((each) => operandOf(name, each));
}

/** Of a type's name or a list of such; `number` is four. Their numbers are not had. */
function typesOf(value: Raw): ReadonlySet<number> {
  const names = value.type === bsonType.array ? elementsOf(value) : [value];
  if (names.length === 0) throw storeError('FailedToParse', '$type must match at least one type');
  return new Set(
    names.flatMap((each) => {
      const name = each.type === bsonType.string ? textOf(each) : '';
      if (name === 'number') return [bsonType.double, bsonType.int, bsonType.long, bsonType.decimal];
      const type = typeNames.get(name);
      if (type === undefined) throw storeError('BadValue', `Unknown type name alias: ${name}`);
      return [type];
    }),
  );
}

const typeNames: ReadonlyMap<string, number> = new Map(
  Object.entries({
    ...bsonType,
    binData: bsonType.binary,
    javascript: bsonType.code,
    javascriptWithScope: bsonType.codeWithScope,
  }),
);

/** A regular expression would be matched, not compared, and matching is not had. */
function operandOf(name: string, value: Raw): Raw {
  if (value.type === bsonType.regex) throw storeError('BadValue', `Can't have regex as arg to ${name}.`);
  return value;
}
