// aggregate: a leading $match, $sort, $skip and $limit are answered like a find, with indexes; then stages that make
// one document of another, and a count at the end.

import { Long } from 'bson';
import { rawOf } from '../bson/build.ts';
import { bsonType, elementsOf, fieldsOf, isNumber, numberOf, type Raw, textOf } from '../bson/raw.ts';
import { numberedError, storeError } from '../errors.ts';
import type { SortField } from '../planner/plan.ts';
import { everything, type Filter } from '../query/filter.ts';
import { type FilterContext, parseFilter } from '../query/parse-filter.ts';
import { compileProjection, type Projection } from '../query/projection.ts';
import { parseSort } from '../query/sort.ts';
import { Stream, Turn } from '../query/stream.ts';
import { checkNamespace } from '../storage/catalog.ts';
import { compileStage } from '../update/pipeline-update.ts';
import { firstBatchDefault, type Source } from './cursors.ts';
import type { Call, Reply } from './engine.ts';
import { cursorReply, firstBatch } from './find.ts';
import { filterContext, planQuery, refuseCollation } from './query-plan.ts';

/** Bytes of documents a pipeline may hold at once. */
export const pipelineBytesMax = 100 * 1024 * 1024;

/** The part of a pipeline that is a find, and the rest. */
export type Head = {
  readonly filter: Filter;
  readonly sort: readonly SortField[];
  readonly skip: number;
  readonly limit: number;
  readonly projection?: Projection;
  readonly tail: Tail;
};

export async function aggregate(call: Call): Promise<Reply> {
  const { args, engine } = call;
  const target = args.values.get('aggregate')!;
  if (isNumber(target)) throw storeError('InvalidNamespace', 'aggregation without a collection is not supported');
  const namespace = checkNamespace(call.database, args.collection());
  refuseCollation(args.get('collation'));
  const context = filterContext(engine, args.document('let'));
  const head = splitPipeline(stagesOf(args.get('pipeline')), context);
  const cursor = args.document('cursor');
  if (cursor === undefined && args.get('explain') === undefined) {
    throw storeError(
      'FailedToParse',
      "The 'cursor' option is required, except for aggregate with the explain argument",
    );
  }
  const size = cursor === undefined ? undefined : fieldsOf(cursor).find(([name]) => name === 'batchSize')?.[1];
  const batchSize = size === undefined ? firstBatchDefault : numberOf(size);
  const stream = streamOf(call, namespace, head);
  if (head.tail.each.length === 0 && head.tail.count === undefined) {
    if (stream === undefined) return cursorReply(Long.ZERO, namespace, 'firstBatch', []);
    return firstBatch(call, engine, namespace, stream, batchSize, false);
  }
  const documents = stream === undefined ? [] : await collect(stream, call);
  const results = runTail(head.tail, documents);
  return firstBatch(call, engine, namespace, listSource(results), batchSize, false);
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

export function splitPipeline(stages: readonly Raw[], context: FilterContext): Head {
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
  const next = stages[at] === undefined ? undefined : fieldsOf(stages[at]!)[0]!;
  if (next?.[0] === '$project') {
    const projection = compileProjection(next[1], context);
    return { filter, sort, skip, limit, projection, tail: tailOf(stages.slice(at + 1), context) };
  }
  return { filter, sort, skip, limit, tail: tailOf(stages.slice(at), context) };
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

export function streamOf(call: Call, namespace: string, head: Head): Stream | undefined {
  const collection = call.engine.catalog.get(namespace);
  if (collection === undefined) return undefined;
  const plan = planQuery(call.engine, collection, head.filter, head.sort, call.args.get('hint'), head.limit > 0);
  const projection = head.projection === undefined ? {} : { projection: head.projection };
  return new Stream({
    collection,
    plan,
    filter: head.filter,
    sort: head.sort,
    skip: head.skip,
    limit: head.limit,
    ...projection,
  });
}

async function collect(stream: Stream, call: Call): Promise<Raw[]> {
  const out: Raw[] = [];
  let bytes = 0;
  const turn = new Turn(call);
  for (;;) {
    const { documents, done } = await stream.batch(1000, Number.POSITIVE_INFINITY, call);
    for (const document of documents) bytes += document.end - document.start;
    if (bytes > pipelineBytesMax)
      throw storeError(
        'QueryExceededMemoryLimitNoDiskUseAllowed',
        `a pipeline holds at most ${pipelineBytesMax} bytes`,
      );
    out.push(...documents);
    if (done) return out;
    await turn.over();
  }
}

/** The stages behind the head. */
type Tail = { readonly each: readonly Projection[]; readonly count?: Count };

/** What a $count (or a $group that is one, as the driver's countDocuments sends it) answers. */
type Count = { readonly name: string; readonly constant?: Raw };

function tailOf(stages: readonly Raw[], context: FilterContext): Tail {
  const each: Projection[] = [];
  for (const [i, stage] of stages.entries()) {
    const [name, body] = fieldsOf(stage)[0]!;
    const run = compileStage(name, body, context);
    const count = run === undefined ? countOf(name, body) : undefined;
    if (run !== undefined) each.push(run);
    else if (count !== undefined && i === stages.length - 1) return { each, count };
    else throw numberedError(40324, `Unrecognized pipeline stage name: '${name}'`);
  }
  return { each };
}

function runTail({ each, count }: Tail, documents: readonly Raw[]): readonly Raw[] {
  const made = each.length === 0 ? documents : documents.map((one) => each.reduce((before, run) => run(before), one));
  if (count === undefined) return made;
  const id = count.constant === undefined ? {} : { _id: count.constant };
  return made.length === 0 ? [] : [rawOf({ ...id, [count.name]: made.length })];
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

function listSource(documents: readonly Raw[]): Source {
  let at = 0;
  return {
    async batch(count, bytesMax) {
      const from = at;
      let bytes = 0;
      while (at < documents.length && at - from < count) {
        bytes += documents[at]!.end - documents[at]!.start;
        if (at > from && bytes > bytesMax) break;
        at++;
      }
      return { documents: documents.slice(from, at), done: at >= documents.length };
    },
  };
}
