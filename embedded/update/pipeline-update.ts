// The stages that make one document of another, for update pipelines and aggregate. What a stage does not name keeps
// its bytes.
import { rawOf } from '../bson/build.ts';
import { bsonType, elementsOf, fieldOf, fieldsOf, type Raw, textOf } from '../bson/raw.ts';
import { numberedError, storeError } from '../errors.ts';
import { compileExpression } from '../query/expression.ts';
import type { FilterContext } from '../query/parse-filter.ts';
import { compileFields, compileProjection, type Projection } from '../query/projection.ts';

const stages: ReadonlyMap<string, (body: Raw, context: FilterContext) => Projection> = new Map([
  ['$set', compileFields],
  ['$addFields', compileFields],
  ['$project', compileProjection],
  ['$unset', compileUnset],
  ['$replaceWith', compileReplacement],
  ['$replaceRoot', (body, context) => compileReplacement(newRoot(body), context)],
]);

/** Throws for stages that an update may not have. */
export function compilePipeline(pipeline: readonly Raw[], context: FilterContext): Projection {
  const compiled = pipeline.map((stage) => {
    const [name, body] = (stage.type === bsonType.object ? fieldsOf(stage)[0] : undefined) ?? ['', stage];
    const run = compileStage(name, body, context);
    if (run === undefined) throw storeError('InvalidOptions', `${name} is not allowed to be used within an update`);
    return run;
  });
  return (document) => compiled.reduce((before, stage) => stage(before), document);
}

/** Undefined for a stage of another kind. */
export function compileStage(name: string, body: Raw, context: FilterContext): Projection | undefined {
  return stages.get(name)?.(body, context);
}

function compileUnset(body: Raw): Projection {
  const paths = body.type === bsonType.array ? elementsOf(body) : [body];
  if (paths.some((path) => path.type !== bsonType.string)) {
    throw numberedError(31002, '$unset specification must be a string or an array containing only string values');
  }
  return compileProjection(rawOf(Object.fromEntries(paths.map((path) => [textOf(path), 0]))));
}

function compileReplacement(body: Raw, context: FilterContext): Projection {
  const root = compileExpression(body, context);
  return (document) => {
    const after = root(document);
    if (after?.type === bsonType.object) return after;
    throw numberedError(40228, `'newRoot' expression must evaluate to an object`);
  };
}

function newRoot(body: Raw): Raw {
  const root = body.type === bsonType.object ? fieldOf(body, 'newRoot') : undefined;
  if (root !== undefined) return root;
  throw numberedError(40414, "BSON field '$replaceRoot.newRoot' is missing but a required field");
}
