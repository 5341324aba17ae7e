// explain: the winning plan with MongoDB's stage names, and for executionStats what running it looked at.
import { bsonType, fieldsOf, isNumber, type Raw } from '../bson/raw.ts';
import { storeError } from '../errors.ts';
import type { Plan, SortField } from '../planner/plan.ts';
import type { Filter } from '../query/filter.ts';
import { parseSort } from '../query/sort.ts';
import { Stream } from '../query/stream.ts';
import { checkNamespace } from '../storage/catalog.ts';
import { parsePipeline, stagesOf } from './aggregate.ts';
import { Arguments } from './arguments.ts';
import type { Call, Reply } from './engine.ts';
import { filterContext, filterOf, planQuery } from './query-plan.ts';

type Explained = {
  readonly filter: Filter;
  readonly sort: readonly SortField[];
  readonly skip: number;
  readonly limit: number;
  readonly hint: Raw | undefined;
  /** What is done with the documents, from the inside out. */
  readonly uses: readonly Use[];
};

type Use = 'UPDATE' | 'DELETE' | 'COUNT' | 'PROJECTION_SIMPLE' | 'PROJECTION_DEFAULT';

const verbosities = ['queryPlanner', 'executionStats', 'allPlansExecution'];

export async function explain(call: Call): Promise<Reply> {
  const inner = call.args.document('explain');
  if (inner === undefined) throw storeError('FailedToParse', 'explain needs a command');
  const verbosity = call.args.text('verbosity') ?? 'allPlansExecution';
  if (!verbosities.includes(verbosity)) {
    throw storeError(
      'BadValue',
      `Enumeration value '${verbosity}' for field 'explain.verbosity' is not a valid value.`,
    );
  }
  const args = new Arguments({ body: inner, sequences: new Map() });
  const namespace = checkNamespace(call.database, args.collection());
  const query = explainedQuery(call, args);
  const collection = call.engine.catalog.get(namespace);
  const base = { explainVersion: '1', command: inner, serverInfo: {} };
  if (collection === undefined) {
    return { ...base, queryPlanner: { namespace, winningPlan: { stage: 'EOF' }, rejectedPlans: [] } };
  }
  const plan = planQuery(call.engine, collection, query.filter, query.sort, query.hint, query.limit > 0);
  const winningPlan = stageOf(plan, query);
  const queryPlanner = {
    namespace,
    parsedQuery: args.get('filter') ?? args.get('query') ?? {},
    winningPlan,
    rejectedPlans: [],
  };
  if (verbosity === 'queryPlanner') return { ...base, queryPlanner };
  const started = performance.now();
  const stream = new Stream({ collection, plan, ...query });
  let nReturned = 0;
  for (let done = false; !done; ) {
    const batch = await stream.batch(1000, Number.POSITIVE_INFINITY, call);
    nReturned += batch.documents.length;
    done = batch.done;
  }
  const executionStats = {
    executionSuccess: true,
    nReturned,
    executionTimeMillis: Math.round(performance.now() - started),
    totalKeysExamined: stream.scan.counts.keys,
    totalDocsExamined: stream.scan.counts.documents,
    executionStages: { ...winningPlan, nReturned },
  };
  return { ...base, queryPlanner, executionStats };
}

function explainedQuery(call: Call, args: Arguments): Explained {
  const context = filterContext(call.engine, args.document('let'));
  const hint = args.get('hint');
  switch (args.command) {
    case 'find':
      return {
        filter: filterOf(args.document('filter'), context),
        sort: parseSort(args.document('sort')),
        skip: args.size('skip') ?? 0,
        limit: args.size('limit') ?? 0,
        hint,
        uses: projectionOf(args.document('projection')),
      };
    case 'aggregate': {
      const pipeline = parsePipeline(stagesOf(args.get('pipeline')), context);
      return { ...pipeline, hint, uses: pipeline.projection === undefined ? [] : ['PROJECTION_DEFAULT'] };
    }
    case 'count':
    case 'distinct':
    case 'findAndModify':
      return {
        filter: filterOf(args.document('query'), context),
        sort: parseSort(args.document('sort')),
        skip: 0,
        limit: 0,
        hint,
        uses: usesOf(args),
      };
    case 'update':
    case 'delete': {
      const statement = args.documents(args.command === 'update' ? 'updates' : 'deletes')[0];
      if (statement === undefined) throw storeError('BadValue', 'explain needs one statement');
      const fields = new Map(fieldsOf(statement));
      const filter = filterOf(fields.get('q'), context);
      return { filter, sort: [], skip: 0, limit: 0, hint: fields.get('hint'), uses: usesOf(args) };
    }
    default:
      throw storeError('CommandNotFound', `Explain failed due to unknown command: ${args.command}`);
  }
}

function usesOf(args: Arguments): readonly Use[] {
  if (args.command === 'count') return ['COUNT'];
  if (args.command === 'distinct') return [];
  const removes = args.command === 'delete' || args.flag('remove');
  return [removes ? 'DELETE' : 'UPDATE', ...projectionOf(args.document('fields'))];
}

/** Simple is one that only keeps or only drops fields of the document itself. */
function projectionOf(projection: Raw | undefined): readonly Use[] {
  if (projection === undefined) return [];
  const simple = fieldsOf(projection).every(
    ([path, value]) => !path.includes('.') && (isNumber(value) || value.type === bsonType.bool),
  );
  return [simple ? 'PROJECTION_SIMPLE' : 'PROJECTION_DEFAULT'];
}

type Stage = { readonly stage: string; readonly [name: string]: unknown };

/** A sort takes the limit in, and what the skip above it needs. */
function stageOf(plan: Plan, query: Explained): Stage {
  const { sort, skip, limit } = query;
  const sorts = sort.length > 0 && !plan.sorted;
  let stage = inputStage(plan);
  if (sorts) {
    const sortPattern = Object.fromEntries(sort.map((field) => [field.path, field.descending ? -1 : 1]));
    stage = { stage: 'SORT', sortPattern, ...(limit > 0 ? { limitAmount: skip + limit } : {}), inputStage: stage };
  }
  if (skip > 0) stage = { stage: 'SKIP', skipAmount: skip, inputStage: stage };
  if (limit > 0 && !sorts) stage = { stage: 'LIMIT', limitAmount: limit, inputStage: stage };
  for (const use of query.uses) stage = { stage: use, inputStage: stage };
  return query.filter.kind === 'or' ? { stage: 'SUBPLAN', inputStage: stage } : stage;
}

function inputStage(plan: Plan): Stage {
  switch (plan.kind) {
    case 'collection':
      return { stage: 'COLLSCAN', direction: plan.reverse ? 'backward' : 'forward' };
    case 'union':
      return { stage: 'FETCH', inputStage: { stage: 'OR', inputStages: plan.plans.map((each) => scanStage(each)) } };
    case 'index':
      return { stage: 'FETCH', inputStage: scanStage(plan) };
  }
}

function scanStage(plan: Plan): Stage {
  if (plan.kind !== 'index') return inputStage(plan);
  const { spec, multikey } = plan.index;
  return {
    stage: 'IXSCAN',
    keyPattern: spec.key,
    indexName: spec.name,
    isMultiKey: multikey.some(Boolean),
    isUnique: spec.unique,
    isSparse: spec.sparse,
    isPartial: spec.partialFilter !== undefined,
    direction: plan.reverse ? 'backward' : 'forward',
  };
}
