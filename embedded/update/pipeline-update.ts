// The stages that make one document of another, for update pipelines and aggregate: $set/$addFields, $unset, $project,
// $replaceRoot/$replaceWith. What a stage does not name keeps its bytes.
import { rawOf } from '../bson/build.ts';
import { bsonType, elementsOf, fieldOf, fieldsOf, type Raw, textOf } from '../bson/raw.ts';
import { numberedError, storeError } from '../errors.ts';
import { compileExpression, type Expression } from '../query/expression.ts';
import { type FilterContext, isOperatorDocument } from '../query/parse-filter.ts';
import { compileProjection, type Projection } from '../query/projection.ts';
import { type Branch, childAt, type Node, newBranch, openNode, sealDocument } from './branch.ts';

/** Throws for stages that an update may not have. */
export function compilePipeline(stages: readonly Raw[], context: FilterContext): Projection {
  const compiled = stages.map((stage) => {
    const [name, body] = (stage.type === bsonType.object ? fieldsOf(stage)[0] : undefined) ?? ['', stage];
    const run = compileStage(name, body, context);
    if (run === undefined) throw storeError('InvalidOptions', `${name} is not allowed to be used within an update`);
    return run;
  });
  return (document) => compiled.reduce((before, stage) => stage(before), document);
}

/** Undefined for a stage of another kind. */
export function compileStage(name: string, body: Raw, context: FilterContext): Projection | undefined {
  switch (name) {
    case '$set':
    case '$addFields':
      return addFields(body, context);
    case '$unset':
      return unset(body);
    case '$project':
      return compileProjection(body, context);
    case '$replaceRoot':
    case '$replaceWith': {
      const root = compileExpression(name === '$replaceRoot' ? newRoot(body) : body, context);
      return (document) => {
        const after = root(document);
        if (after?.type === bsonType.object) return after;
        throw numberedError(40228, `'newRoot' expression must evaluate to an object`);
      };
    }
    default:
      return undefined;
  }
}

function newRoot(body: Raw): Raw {
  const root = body.type === bsonType.object ? fieldOf(body, 'newRoot') : undefined;
  if (root !== undefined) return root;
  throw numberedError(40414, "BSON field '$replaceRoot.newRoot' is missing but a required field");
}

/** All expressions see the document as it came into the stage. */
function addFields(body: Raw, context: FilterContext): Projection {
  if (body.type !== bsonType.object) throw numberedError(40272, '$set and $addFields take an object');
  const fields = flatten(body, []).map(([parts, value]) => [parts, compileExpression(value, context)] as const);
  return (document) => {
    const root = openNode(document)!;
    for (const [parts, expression] of fields) assign(root, parts, expression, document);
    return sealDocument(root);
  };
}

/** {a: {b: 1}} says the same as {'a.b': 1}; {a: {$op: ...}} and {a: {}} are values. */
function flatten(body: Raw, prefix: readonly string[]): [parts: readonly string[], expression: Raw][] {
  return fieldsOf(body).flatMap(([name, value]) => {
    const parts = [...prefix, ...name.split('.')];
    if (parts.includes('')) throw numberedError(15998, 'FieldPath field names may not be empty strings.');
    const holdsFields = value.type === bsonType.object && value.end - value.start > 5 && !isOperatorDocument(value);
    return holdsFields ? flatten(value, parts) : [[parts, value] as [readonly string[], Raw]];
  });
}

function assign(branch: Branch, parts: readonly string[], expression: Expression, document: Raw): void {
  const [name, ...rest] = parts as [string, ...string[]];
  const at = childAt(branch, name);
  const value = rest.length === 0 ? expression(document) : below(branch.values[at], rest, expression, document);
  if (value === undefined) {
    if (at >= 0) branch.names.splice(at, 1);
    if (at >= 0) branch.values.splice(at, 1);
  } else if (at >= 0) branch.values[at] = value;
  else {
    branch.names.push(name);
    branch.values.push(value);
  }
}

/** A document is entered, of an array each element; anything else gives way to a document. */
function below(old: Node | undefined, parts: readonly string[], expression: Expression, document: Raw): Branch {
  const branch = (old === undefined ? undefined : openNode(old)) ?? newBranch();
  if (branch.array) branch.values = branch.values.map((element) => below(element, parts, expression, document));
  else assign(branch, parts, expression, document);
  return branch;
}

function unset(body: Raw): Projection {
  const paths = body.type === bsonType.array ? elementsOf(body) : [body];
  if (paths.some((path) => path.type !== bsonType.string)) {
    throw numberedError(31002, '$unset specification must be a string or an array containing only string values');
  }
  return compileProjection(rawOf(Object.fromEntries(paths.map((path) => [textOf(path), 0]))));
}
