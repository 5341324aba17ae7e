// aggregate: a leading $match, $sort, $skip and $limit are answered like a find, with indexes; then stages that make
// one document of another, and a $group that counts, as the driver's countDocuments sends it.

import { Long } from 'bson';
import { bsonType, elementsOf, fieldOf, fieldsOf, isNumber, numberOf, type Raw } from '../bson/raw.ts';
import { numberedError, storeError } from '../errors.ts';
import type { Filter } from '../query/filter.ts';
import { type FilterContext, parseFilter } from '../query/parse-filter.ts';
import type { Projection } from '../query/projection.ts';
import { parseSort } from '../query/sort.ts';
import { checkNamespace } from '../storage/catalog.ts';
import { compileStage } from '../update/pipeline-update.ts';
import { countAll } from './count-distinct.ts';
import { firstBatchDefault } from './cursors.ts';
import type { Call, Reply } from './engine.ts';
import { cursorReply, firstBatch } from './find.ts';
import { type Asked, filterContext, refuseCollation, streamOf } from './query-plan.ts';

/** Documents are only counted: under this name, beside this _id. */
type Count = { readonly name: string; readonly id: Raw };

export async function aggregate(call: Call): Promise<Reply> {
  const { args, engine } = call;
  const namespace = checkNamespace(call.database, args.collection());
  refuseCollation(args.get('collation'));
  const cursor = args.document('cursor');
  if (cursor === undefined) throw storeError('FailedToParse', "The 'cursor' option is required");
  const size = fieldOf(cursor, 'batchSize');
  const pipeline = parsePipeline(args.get('pipeline'), filterContext(engine, args.document('let')));
  const stream = streamOf(call, namespace, pipeline);
  if (stream !== undefined && pipeline.count === undefined) {
    return firstBatch(call, namespace, stream, size === undefined ? firstBatchDefault : numberOf(size));
  }
  const n = stream === undefined ? 0 : await countAll(call, stream);
  const counted = n === 0 ? [] : [{ _id: pipeline.count!.id, [pipeline.count!.name]: n }];
  return cursorReply(Long.ZERO, namespace, 'firstBatch', counted);
}

function parsePipeline(pipeline: Raw | undefined, context: FilterContext): Asked & { readonly count?: Count } {
  const stages = stagesOf(pipeline);
  let at = 0;
  const next = (name: string) => (stages[at]?.[0] === name ? stages[at++] : undefined);
  const matches = (): Filter => {
    const from = at;
    while (next('$match') !== undefined);
    return stages.slice(from, at).flatMap(([, body]) => matchOf(body, context));
  };
  const before = matches();
  const sort = parseSort(next('$sort')?.[1]);
  const filter = [...before, ...matches()];
  const skip = wholeNumber(next('$skip'));
  const limitStage = next('$limit');
  const limit = wholeNumber(limitStage);
  if (limitStage !== undefined && limit === 0) throw numberedError(15958, 'the limit must be positive');
  const rest = stages.slice(at);
  const last = rest.at(-1);
  const count = last?.[0] === '$group' ? countOf(last[1]) : undefined;
  const projections = (count === undefined ? rest : rest.slice(0, -1)).map(([name, body]) => {
    const run = compileStage(name, body, context);
    if (run === undefined) throw numberedError(40324, `Unrecognized pipeline stage name: '${name}'`);
    return run;
  });
  const projection: Projection = (document) => projections.reduce((before, run) => run(before), document);
  return { filter, sort, skip, limit, projection, ...(count === undefined ? {} : { count }) };
}

type StageGiven = readonly [name: string, body: Raw];

function stagesOf(pipeline: Raw | undefined): readonly StageGiven[] {
  if (pipeline?.type !== bsonType.array)
    throw storeError('TypeMismatch', "'pipeline' option must be specified as an array");
  return elementsOf(pipeline).map((stage) => {
    const fields = stage.type === bsonType.object ? fieldsOf(stage) : [];
    if (fields.length === 1) return fields[0]!;
    throw numberedError(40323, 'A pipeline stage specification object must contain exactly one field.');
  });
}

function matchOf(body: Raw, context: FilterContext): Filter {
  if (body.type === bsonType.object) return parseFilter(body, context);
  throw numberedError(15959, 'the match filter must be an expression in an object');
}

/** 0 where there is no such stage. */
function wholeNumber(stage: StageGiven | undefined): number {
  if (stage === undefined) return 0;
  const [name, body] = stage;
  const number = isNumber(body) ? numberOf(body) : Number.NaN;
  if (Number.isInteger(number) && number >= 0) return number;
  throw numberedError(5107201, `invalid argument to ${name} stage: Expected a non-negative number`);
}

/** Of {_id: constant, name: {$sum: 1}}; undefined for any other group. */
function countOf(body: Raw): Count | undefined {
  const [id, sum, ...others] = body.type === bsonType.object ? fieldsOf(body) : [];
  if (id?.[0] !== '_id' || sum?.[1].type !== bsonType.object || others.length > 0) return undefined;
  if (!isNumber(id[1]) && id[1].type !== bsonType.null) return undefined;
  const one = fieldOf(sum[1], '$sum');
  return one !== undefined && isNumber(one) && numberOf(one) === 1 ? { name: sum[0], id: id[1] } : undefined;
}
