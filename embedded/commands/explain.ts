// explain of a find: the winning plan with MongoDB's stage names, and for executionStats what running it looked at.
import { bsonType, fieldsOf, isNumber, type Raw } from '../bson/raw.ts';
import { storeError } from '../errors.ts';
import type { Plan } from '../planner/plan.ts';
import { Stream } from '../query/stream.ts';
import { checkNamespace } from '../storage/catalog.ts';
import { Arguments } from './arguments.ts';
import { countAll } from './count-distinct.ts';
import type { Call, Reply } from './engine.ts';
import { findAsked } from './find.ts';
import { type Asked, planQuery } from './query-plan.ts';

const verbosities = ['queryPlanner', 'executionStats', 'allPlansExecution'];

export async function explain(call: Call): Promise<Reply> {
  const command = call.args.document('explain');
  if (command === undefined) throw storeError('FailedToParse', 'explain needs a command');
  const verbosity = call.args.text('verbosity') ?? 'allPlansExecution';
  if (!verbosities.includes(verbosity)) {
    const message = `Enumeration value '${verbosity}' for field 'explain.verbosity' is not a valid value.`;
    throw storeError('BadValue', message);
  }
  const args = new Arguments({ body: command, sequences: new Map() });
  if (args.command !== 'find') {
    throw storeError('CommandNotFound', `Explain failed due to unknown command: ${args.command}`);
  }
  const namespace = checkNamespace(call.database, args.collection());
  const asked = findAsked({ ...call, args });
  const collection = call.engine.catalog.get(namespace);
  const base = { explainVersion: '1', command, serverInfo: {} };
  if (collection === undefined) {
    return { ...base, queryPlanner: { namespace, winningPlan: { stage: 'EOF' }, rejectedPlans: [] } };
  }
  const plan = planQuery(call.engine, collection, asked.filter, asked.sort, args.get('hint'), asked.limit > 0);
  const winningPlan = stageOf(plan, asked, args.document('projection'));
  const queryPlanner = { namespace, parsedQuery: args.get('filter') ?? {}, winningPlan, rejectedPlans: [] };
  if (verbosity === 'queryPlanner') return { ...base, queryPlanner };
  const started = performance.now();
  const stream = new Stream({ collection, plan, ...asked });
  const nReturned = await countAll(call, stream);
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

type Stage = { readonly stage: string; readonly [name: string]: unknown };

/** From the inside out. A sort takes the limit in, and what the skip above it needs. */
function stageOf(plan: Plan, { sort, skip, limit }: Asked, projection: Raw | undefined): Stage {
  const sorts = sort.length > 0 && !plan.sorted;
  let stage = inputStage(plan);
  if (sorts) {
    const sortPattern = Object.fromEntries(sort.map((field) => [field.path, field.descending ? -1 : 1]));
    stage = { stage: 'SORT', sortPattern, ...(limit > 0 ? { limitAmount: skip + limit } : {}), inputStage: stage };
  }
  if (skip > 0) stage = { stage: 'SKIP', skipAmount: skip, inputStage: stage };
  if (limit > 0 && !sorts) stage = { stage: 'LIMIT', limitAmount: limit, inputStage: stage };
  if (projection !== undefined) stage = { stage: projectionStage(projection), inputStage: stage };
  return stage;
}

/** Simple is one that only keeps or only drops fields of the document itself. */
function projectionStage(projection: Raw): string {
  const simple = fieldsOf(projection).every(
    ([path, value]) => !path.includes('.') && (isNumber(value) || value.type === bsonType.bool),
  );
  return simple ? 'PROJECTION_SIMPLE' : 'PROJECTION_DEFAULT';
}

function inputStage(plan: Plan): Stage {
  if (plan.kind === 'collection') return { stage: 'COLLSCAN', direction: 'forward' };
  const { spec, multikey } = plan.index;
  const scan = {
    stage: 'IXSCAN',
    keyPattern: spec.key,
    indexName: spec.name,
    isMultiKey: multikey.some(Boolean),
    isUnique: spec.unique,
    isSparse: spec.sparse,
    isPartial: spec.partialFilter !== undefined,
    direction: plan.reverse ? 'backward' : 'forward',
  };
  return { stage: 'FETCH', inputStage: scan };
}
