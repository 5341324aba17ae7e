// aggregate: a leading $match, $sort, $skip and $limit are answered like a find, with indexes; then stages that make
// one document of another, and a count at the end.

import { Long } from 'bson';
import { bsonType, elementsOf, fieldsOf, isNumber, numberOf, type Raw, textOf } from '../bson/raw.ts';
import { numberedError, storeError } from '../errors.ts';
import type { SortField } from '../planner/plan.ts';
import { everything, type Filter } from '../query/filter.ts';
import { type FilterContext, parseFilter } from '../query/parse-filter.ts';
import type { Projection } from '../query/projection.ts';
import { parseSort } from '../query/sort.ts';
import { Stream, Turn } from '../query/stream.ts';
import { checkNamespace } from '../storage/catalog.ts';
import { compileStage } from '../update/pipeline-update.ts';
import { firstBatchDefault } from './cursors.ts';
import type { Call, Reply } from './engine.ts';
import { cursorReply, firstBatch } from './find.ts';
import { filterContext, planQuery, refuseCollation } from './query-plan.ts';

/** A pipeline as a find: what its documents become on the way out, and whether they are only counted. */
export type Pipeline = {
  readonly filter: Filter;
  readonly sort: readonly SortField[];
  readonly skip: number;
  readonly limit: number;
  readonly projection?: Projection;
  readonly count?: Count;
};

/** What a $count (or a $group that is one, as the driver's countDocuments sends it) answers. */
type Count = { readonly name: string; readonly constant?: Raw };

export async function aggregate(call: Call): Promise<Reply> {
  const { args, engine } = call;
  const target = args.values.get('aggregate')!;
  if (isNumber(target)) throw storeError('InvalidNamespace', 'aggregation without a collection is not supported');
  const namespace = checkNamespace(call.database, args.collection());
  refuseCollation(args.get('collation'));
  const context = filterContext(engine, args.document('let'));
  const pipeline = parsePipeline(stagesOf(args.get('pipeline')), context);
  const cursor = args.document('cursor');
  if (cursor === undefined && args.get('explain') === undefined) {
    throw storeError(
      'FailedToParse',
      "The 'cursor' option is required, except for aggregate with the explain argument",
    );
  }
  const size = cursor === undefined ? undefined : fieldsOf(cursor).find(([name]) => name === 'batchSize')?.[1];
  const batchSize = size === undefined ? firstBatchDefault : numberOf(size);
  const stream = streamOf(call, namespace, pipeline);
  if (stream === undefined) return cursorReply(Long.ZERO, namespace, 'firstBatch', []);
  if (pipeline.count === undefined) return firstBatch(call, namespace, stream, batchSize);
  return cursorReply(Long.ZERO, namespace, 'firstBatch', await counted(call, stream, pipeline.count));
}

async function counted(call: Call, stream: Stream, { name, constant }: Count): Promise<readonly Reply[]> {
  const turn = new Turn(call);
  let n = 0;
  for (let done = false; !done; ) {
    const batch = await stream.batch(1000, Number.POSITIVE_INFINITY, call);
    n += batch.documents.length;
    done = batch.done;
    await turn.over();
  }
  return n === 0 ? [] : [{ ...(constant === undefined ? {} : { _id: constant }), [name]: n }];
}

export function stagesOf(pipeline: Raw | undefined): readonly Raw[] {
  if (pipeline?.type !== bsonType.array)
    throw storeError('TypeMismatch', "'pipeline' option must be specified as an array");
  const stages = elementsOf(pipeline);
  for (const stage of stages) {
    const fields = stage.type === bsonType.object ? fieldsOf(stage) : [];
    if (fields.length !== 1)
      throw numberedError(40323, 'A pipeline stage specification object must contain exactly one field.');
  }
  return stages;
}

export function parsePipeline(stages: readonly Raw[], context: FilterContext): Pipeline {
  let filters: Filter[] = [];
  let sort: readonly SortField[] = [];
  let skip = 0;
  let limit = 0;
  let step = 0;
  let at = 0;
  for (; at < stages.length; at++) {
    const [name, body] = fieldsOf(stages[at]!)[0]!;
    if (name === '$match' && step <= 1) filters = [...filters, matchOf(body, context)];
    else if (name === '$sort' && step === 0) {
      sort = parseSort(body);
      step = 1;
    } else if (name === '$skip' && step <= 1) {
      skip = wholeNumber(name, body);
      step = 2;
    } else if (name === '$limit' && step <= 2) {
      limit = wholeNumber(name, body);
      if (limit === 0) throw numberedError(15958, 'the limit must be positive');
      step = 3;
    } else break;
  }
  const filter: Filter =
    filters.length === 0 ? everything : filters.length === 1 ? filters[0]! : { kind: 'and', parts: filters };
  return { filter, sort, skip, limit, ...parseTail(stages.slice(at), context) };
}

/** Stages that make one document of another, and perhaps a count behind them. */
function parseTail(stages: readonly Raw[], context: FilterContext): Pick<Pipeline, 'projection' | 'count'> {
  let projection: Projection | undefined;
  let count: Count | undefined;
  for (const stage of stages) {
    const [name, body] = fieldsOf(stage)[0]!;
    const run = count === undefined ? compileStage(name, body, context) : undefined;
    const before = projection;
    if (run !== undefined) projection = before === undefined ? run : (document) => run(before(document));
    else {
      const last = count === undefined ? countOf(name, body) : undefined;
      if (last === undefined) throw numberedError(40324, `Unrecognized pipeline stage name: '${name}'`);
      count = last;
    }
  }
  return { ...(projection === undefined ? {} : { projection }), ...(count === undefined ? {} : { count }) };
}

function matchOf(body: Raw, context: FilterContext): Filter {
  if (body.type !== bsonType.object) throw numberedError(15959, 'the match filter must be an expression in an object');
  return parseFilter(body, context);
}

function wholeNumber(name: string, body: Raw): number {
  const number = isNumber(body) ? numberOf(body) : Number.NaN;
  if (!Number.isInteger(number) || number < 0)
    throw numberedError(5107201, `invalid argument to ${name} stage: Expected a non-negative number`);
  return number;
}

function streamOf(call: Call, namespace: string, pipeline: Pipeline): Stream | undefined {
  const collection = call.engine.catalog.get(namespace);
  if (collection === undefined) return undefined;
  const { filter, sort, limit } = pipeline;
  const plan = planQuery(call.engine, collection, filter, sort, call.args.get('hint'), limit > 0);
  return new Stream({ collection, plan, ...pipeline });
}

function countOf(name: string, body: Raw): Count | undefined {
  if (name === '$count' && body.type === bsonType.string) return { name: textOf(body) };
  if (name !== '$group' || body.type !== bsonType.object) return undefined;
  const fields = fieldsOf(body);
  const [id, sum] = fields;
  if (fields.length !== 2 || id?.[0] !== '_id' || sum?.[1].type !== bsonType.object) return undefined;
  if (!isNumber(id[1]) && id[1].type !== bsonType.null) return undefined;
  const [operator, one] = fieldsOf(sum[1])[0] ?? [];
  if (operator !== '$sum' || one === undefined || !isNumber(one) || numberOf(one) !== 1) return undefined;
  return { name: sum[0], constant: id[1] };
}
