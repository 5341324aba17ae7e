// Aggregation expressions on raw values, so that types and bytes stay as they are: field paths, variables, literals,
// and the operators that stand in `operators`. Any other is refused with 168, before a document is looked at.
import { Double } from 'bson';
import { rawOf } from '../bson/build.ts';
import { compareValues } from '../bson/order.ts';
import { bsonType, elementsOf, fieldOf, fieldsOf, type Raw, rawDocument, textOf, truthOf } from '../bson/raw.ts';
import { numberedError, storeError } from '../errors.ts';
import { sum } from '../update/arithmetic.ts';
import { sealDocument } from '../update/branch.ts';
import { typeName } from '../update/operators.ts';
import type { FilterContext } from './parse-filter.ts';

/** The value on a document; undefined: nothing, a field of that value is left out. */
export type Expression = (document: Raw) => Raw | undefined;

/** Throws what MongoDB's parser throws, and InvalidPipelineOperator for operators that are not had. */
export function compileExpression(expression: Raw, context: FilterContext = {}): Expression {
  if (expression.type === bsonType.string) return compileText(textOf(expression), expression, context);
  if (expression.type === bsonType.array) {
    const elements = elementsOf(expression).map((element) => compileExpression(element, context));
    return (document) => rawOf(elements.map((element) => element(document) ?? null));
  }
  if (expression.type !== bsonType.object) return () => expression;
  const fields = fieldsOf(expression);
  if (!fields[0]?.[0].startsWith('$')) return compileObject(fields, context);
  const [name, operand] = fields[0];
  if (fields.length > 1) {
    throw numberedError(15983, 'An object representing an expression must have exactly one field');
  }
  const compile = operators.get(name);
  if (compile === undefined) throw storeError('InvalidPipelineOperator', `Unrecognized expression '${name}'`);
  return compile(operand, context, name);
}

const nothing = rawDocument(Buffer.from([5, 0, 0, 0, 0]));

/** The `let` of a command, evaluated once (its expressions may not name fields). */
export function evaluateVariables(variables: Raw | undefined, now: Date): ReadonlyMap<string, Raw | undefined> {
  if (variables === undefined) return new Map();
  if (variables.type !== bsonType.object) throw storeError('TypeMismatch', 'variables must be an object');
  return new Map(fieldsOf(variables).map(([name, value]) => [name, compileExpression(value, { now })(nothing)]));
}

function compileObject(fields: readonly (readonly [string, Raw])[], context: FilterContext): Expression {
  const inner = fields.map(([name, value]) => {
    if (name.includes('.')) throw numberedError(16412, "FieldPath field names may not contain '.'.");
    return [name, compileExpression(value, context)] as const;
  });
  return (document) => {
    const fields = new Map<string, Raw>();
    for (const [name, expression] of inner) {
      const value = expression(document);
      if (value !== undefined) fields.set(name, value);
    }
    return documentOf(fields);
  };
}

function compileText(text: string, constant: Raw, { variables, now }: FilterContext): Expression {
  if (!text.startsWith('$')) return () => constant;
  const [head, ...path] = text.slice(1).split('.') as [string, ...string[]];
  if (head === '') throw numberedError(16872, "'$' by itself is not a valid FieldPath");
  if (path.includes('')) throw numberedError(15998, 'FieldPath field names may not be empty strings.');
  if (!head.startsWith('$')) return (document) => valueAt(document, [head, ...path]);
  const name = head.slice(1);
  if (name === 'ROOT' || name === 'CURRENT') return (document) => valueAt(document, path);
  if (name === 'REMOVE') return () => undefined;
  const value = name === 'NOW' ? rawOf(now ?? new Date()) : variables?.get(name);
  if (name !== 'NOW' && !variables?.has(name)) throw numberedError(17276, `Use of undefined variable: ${name}`);
  return () => valueAt(value, path);
}

/** Of an array on the way: what its documents have there. Positions are no names here, other than in filters. */
function valueAt(value: Raw | undefined, path: readonly string[]): Raw | undefined {
  if (path.length === 0 || value === undefined) return value;
  if (value.type === bsonType.object) return valueAt(fieldOf(value, path[0]!), path.slice(1));
  if (value.type !== bsonType.array) return undefined;
  const documents = elementsOf(value).filter((element) => element.type === bsonType.object);
  return rawOf(documents.map((element) => valueAt(element, path)).filter((each) => each !== undefined));
}

type Compile = (operand: Raw, context: FilterContext, name: string) => Expression;

const operators: ReadonlyMap<string, Compile> = new Map<string, Compile>([
  ['$literal', (operand) => () => operand],
  ['$const', (operand) => () => operand],
  ['$add', compileAdd],
  ['$cond', compileCond],
  ['$ifNull', compileIfNull],
  ['$mergeObjects', compileMerge],
  ['$setField', compileSetField],
  ['$rand', () => () => rawOf(new Double(Math.random()))],
  ['$eq', comparing((side) => side === 0)],
  ['$ne', comparing((side) => side !== 0)],
  ['$lt', comparing((side) => side < 0)],
  ['$lte', comparing((side) => side <= 0)],
  ['$gt', comparing((side) => side > 0)],
  ['$gte', comparing((side) => side >= 0)],
]);

function compileList(operand: Raw, context: FilterContext): readonly Expression[] {
  const operands = operand.type === bsonType.array ? elementsOf(operand) : [operand];
  return operands.map((each) => compileExpression(each, context));
}

function exactly(count: number, operand: Raw, context: FilterContext, name: string): readonly Expression[] {
  const list = compileList(operand, context);
  if (list.length === count) return list;
  throw numberedError(16020, `Expression ${name} takes exactly ${count} arguments. ${list.length} were passed in.`);
}

/** A missing value is below null here, other than in filters. */
const missing: Raw = { ...nothing, type: bsonType.undefined };

function comparing(passes: (side: number) => boolean): Compile {
  return (operand, context, name) => {
    const [left, right] = exactly(2, operand, context, name) as [Expression, Expression];
    return (document) => rawOf(passes(compareValues(left(document) ?? missing, right(document) ?? missing)));
  };
}

function isNullish(value: Raw | undefined): boolean {
  return value === undefined || value.type === bsonType.null || value.type === bsonType.undefined;
}

function compileAdd(operand: Raw, context: FilterContext): Expression {
  const list = compileList(operand, context);
  return (document) => {
    const values = list.map((each) => each(document));
    return values.some(isNullish) ? rawOf(null) : sum(values as Raw[]);
  };
}

function compileCond(operand: Raw, context: FilterContext, name: string): Expression {
  let parts: readonly Expression[];
  if (operand.type === bsonType.object) {
    const fields = new Map(fieldsOf(operand));
    for (const each of fields.keys()) {
      if (!condFields.has(each)) throw numberedError(17083, `Unrecognized parameter to $cond: ${each}`);
    }
    parts = [...condFields].map(([each, code]) => {
      const part = fields.get(each);
      if (part === undefined) throw numberedError(code, `Missing '${each}' parameter to $cond`);
      return compileExpression(part, context);
    });
  } else parts = exactly(3, operand, context, name);
  const [test, then, otherwise] = parts as [Expression, Expression, Expression];
  return (document) => (truthOf(test(document)) ? then : otherwise)(document);
}

/** What $cond is made of, and MongoDB's code for each that is missing. */
const condFields: ReadonlyMap<string, number> = new Map([
  ['if', 17080],
  ['then', 17081],
  ['else', 17082],
]);

function compileIfNull(operand: Raw, context: FilterContext): Expression {
  const list = compileList(operand, context);
  if (list.length < 2) throw numberedError(1257300, `$ifNull needs at least two arguments, had: ${list.length}`);
  return (document) => {
    for (const each of list.slice(0, -1)) {
      const value = each(document);
      if (!isNullish(value)) return value;
    }
    return list.at(-1)!(document);
  };
}

function compileMerge(operand: Raw, context: FilterContext): Expression {
  const list = compileList(operand, context);
  return (document) => {
    const merged = new Map<string, Raw>();
    for (const each of list) {
      const value = each(document);
      if (value === undefined || isNullish(value)) continue;
      if (value.type !== bsonType.object) {
        throw numberedError(40400, `$mergeObjects requires object inputs, but input is of type ${typeName(value)}`);
      }
      for (const [name, inner] of fieldsOf(value)) merged.set(name, inner);
    }
    return documentOf(merged);
  };
}

function compileSetField(operand: Raw, context: FilterContext): Expression {
  const fields = new Map(operand.type === bsonType.object ? fieldsOf(operand) : []);
  const [field, input, value] = ['field', 'input', 'value'].map((name) => {
    const part = fields.get(name);
    if (part === undefined) throw numberedError(4161109, `$setField requires '${name}' to be specified`);
    return compileExpression(part, context);
  }) as [Expression, Expression, Expression];
  const name = field(nothing);
  if (name?.type !== bsonType.string) {
    throw numberedError(4161107, "$setField requires 'field' to evaluate to a constant of type String");
  }
  return (document) => {
    const into = input(document);
    if (isNullish(into)) return rawOf(null);
    if (into!.type !== bsonType.object) throw numberedError(4161105, "$setField requires 'input' to be an Object");
    const changed = new Map(fieldsOf(into!));
    const inner = value(document);
    if (inner === undefined) changed.delete(textOf(name));
    else changed.set(textOf(name), inner);
    return documentOf(changed);
  };
}

/** Not through a JavaScript object: that would put names that are whole numbers first. */
function documentOf(fields: ReadonlyMap<string, Raw>): Raw {
  return sealDocument({ array: false, names: [...fields.keys()], values: [...fields.values()] });
}
