// Update pipelines: $set/$addFields, $unset, $project, $replaceRoot/$replaceWith. Fields that a stage does not
// name keep their bytes; expressions are mingo's.
import { rawOf } from '../bson/build.ts';
import { bsonType, elementsOf, fieldOf, fieldsOf, type Raw, textOf } from '../bson/raw.ts';
import { numberedError, storeError } from '../errors.ts';
import { compileExpression } from '../query/expression.ts';
import type { FilterContext } from '../query/parse-filter.ts';
import { compileProjection } from '../query/projection.ts';
import { type Branch, childAt, newBranch, openNode, sealDocument } from './branch.ts';

export function runPipelineUpdate(stages: readonly Raw[], before: Raw, context: FilterContext): Raw {
  return stages.reduce((document, stage) => runStage(stage, document, context), before);
}

function runStage(stage: Raw, document: Raw, context: FilterContext): Raw {
  const [name, body] =
    stage.type === bsonType.object ? (fieldsOf(stage)[0] ?? (['', stage] as const)) : (['', stage] as const);
  switch (name) {
    case '$set':
    case '$addFields':
      return addFields(body, document, context);
    case '$unset':
      return unset(body, document);
    case '$project':
      return compileProjection(body, context)(document);
    case '$replaceRoot':
    case '$replaceWith': {
      const expression = name === '$replaceRoot' ? newRoot(body) : body;
      const raw = rawOf(compileExpression(expression, context).value(document));
      if (raw.type !== bsonType.object) throw storeError('BadValue', `'newRoot' expression must evaluate to an object`);
      return raw;
    }
    default:
      throw storeError('InvalidOptions', `${name} is not allowed to be used within an update`);
  }
}

function newRoot(body: Raw): Raw {
  const root = body.type === bsonType.object ? fieldOf(body, 'newRoot') : undefined;
  if (root === undefined)
    throw numberedError(40414, "BSON field '$replaceRoot.newRoot' is missing but a required field");
  return root;
}

/** All expressions see the document as it came into the stage. */
export function addFields(body: Raw, document: Raw, context: FilterContext): Raw {
  if (body.type !== bsonType.object) throw storeError('BadValue', '$set and $addFields take an object');
  const root = openNode(document)!;
  const write = (branch: Branch, parts: readonly string[], expression: Raw): void => {
    const at = childAt(branch, parts[0]!);
    if (parts.length > 1) {
      const child = (at >= 0 ? openNode(branch.values[at]!) : undefined) ?? newBranch();
      if (child.array)
        for (let i = 0; i < child.values.length; i++) {
          const inner = openNode(child.values[i]!) ?? newBranch();
          write(inner, parts.slice(1), expression);
          child.values[i] = inner;
        }
      else write(child, parts.slice(1), expression);
      setChild(branch, parts[0]!, child);
      return;
    }
    if (isNested(expression)) {
      const child = (at >= 0 ? openNode(branch.values[at]!) : undefined) ?? newBranch();
      if (!child.array) {
        for (const [name, inner] of fieldsOf(expression)) write(child, name.split('.'), inner);
        setChild(branch, parts[0]!, child);
        return;
      }
    }
    const value = computed(expression, document, context);
    if (value === undefined) removeChild(branch, parts[0]!);
    else setChild(branch, parts[0]!, value);
  };
  for (const [path, expression] of fieldsOf(body)) write(root, path.split('.'), expression);
  return sealDocument(root);
}

/** A field path or a constant keeps its bytes; anything else goes through mingo. */
function computed(expression: Raw, document: Raw, context: FilterContext): Raw | undefined {
  if (expression.type === bsonType.string) {
    const text = textOf(expression);
    if (!text.startsWith('$')) return expression;
    const plain = /^\$([^$.]+)$/.exec(text);
    if (plain !== null) return fieldsOf(document).find(([name]) => name === plain[1])?.[1];
  } else if (expression.type !== bsonType.object && expression.type !== bsonType.array) return expression;
  const value = compileExpression(expression, context).value(document);
  return value === undefined ? undefined : rawOf(value);
}

/** {a: {b: expr}} sets a.b; {a: {$op: ...}} is an expression. */
function isNested(expression: Raw): boolean {
  if (expression.type !== bsonType.object) return false;
  const first = fieldsOf(expression)[0];
  return first !== undefined && !first[0].startsWith('$');
}

function setChild(branch: Branch, name: string, value: Branch | Raw): void {
  const at = childAt(branch, name);
  if (at >= 0) branch.values[at] = value;
  else {
    branch.names.push(name);
    branch.values.push(value);
  }
}

function removeChild(branch: Branch, name: string): void {
  const at = childAt(branch, name);
  if (at < 0) return;
  branch.names.splice(at, 1);
  branch.values.splice(at, 1);
}

function unset(body: Raw, document: Raw): Raw {
  const paths = body.type === bsonType.array ? elementsOf(body) : [body];
  if (paths.some((path) => path.type !== bsonType.string)) {
    throw storeError('BadValue', '$unset specification must be a string or an array containing only string values');
  }
  return compileProjection(rawOf(Object.fromEntries(paths.map((path) => [textOf(path), 0]))))(document);
}
