// Aggregation expressions on raw values, so that types and bytes stay as they are: field paths, variables, literals,
// and the operators that stand in `operators`. Any other is refused with 168, before a document is looked at.
import { Double } from 'bson';
import { rawOf } from '../bson/build.ts';
import { equalValues } from '../bson/order.ts';
import { bsonType, elementsOf, fieldOf, fieldsOf, type Raw, rawDocument, textOf } from '../bson/raw.ts';
import { numberedError, storeError } from '../errors.ts';
import { type Branch, newBranch, openNode, putField, sealDocument } from '../update/branch.ts';
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
  return compile(operand, context);
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
    const made: Branch = newBranch();
    for (const [name, expression] of inner) putField(made, name, expression(document));
    return sealDocument(made);
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

const operators: ReadonlyMap<string, (operand: Raw, context: FilterContext) => Expression> = new Map([
  ['$literal', (operand) => () => operand],
  ['$eq', compileEqual],
  ['$rand', () => () => rawOf(new Double(Math.random()))],
  ['$setField', compileSetField],
]);

/** A missing value is below null here, other than in filters. */
const missing: Raw = { ...nothing, type: bsonType.undefined };

function compileEqual(operand: Raw, context: FilterContext): Expression {
  const operands = operand.type === bsonType.array ? elementsOf(operand) : [operand];
  if (operands.length !== 2) {
    throw numberedError(16020, `Expression $eq takes exactly 2 arguments. ${operands.length} were passed in.`);
  }
  const [left, right] = operands.map((each) => compileExpression(each, context)) as [Expression, Expression];
  return (document) => rawOf(equalValues(left(document) ?? missing, right(document) ?? missing));
}

function compileSetField(operand: Raw, context: FilterContext): Expression {
  const [field, input, value] = ['field', 'input', 'value'].map((name) => {
    const part = operand.type === bsonType.object ? fieldOf(operand, name) : undefined;
    if (part === undefined) throw numberedError(4161109, `$setField requires '${name}' to be specified`);
    return compileExpression(part, context);
  }) as [Expression, Expression, Expression];
  const name = field(nothing);
  if (name?.type !== bsonType.string) {
    throw numberedError(4161107, "$setField requires 'field' to evaluate to a constant of type String");
  }
  return (document) => {
    const into = input(document);
    if (into === undefined || into.type === bsonType.null || into.type === bsonType.undefined) return rawOf(null);
    if (into.type !== bsonType.object) throw numberedError(4161105, "$setField requires 'input' to be an Object");
    const changed = openNode(into)!;
    putField(changed, textOf(name), value(document));
    return sealDocument(changed);
  };
}
