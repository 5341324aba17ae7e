// update: each statement changes one document or all that match, and may insert where none does.
import { fieldOf, fieldsOf, type Raw, truthOf } from '../bson/raw.ts';
import { storeError } from '../errors.ts';
import type { SortField } from '../planner/plan.ts';
import type { Filter } from '../query/filter.ts';
import { matchedPosition } from '../query/position.ts';
import { Scan } from '../query/scan.ts';
import { parseSort, sortKey } from '../query/sort.ts';
import { checkNamespace } from '../storage/catalog.ts';
import type { Collection } from '../storage/collection.ts';
import { applyUpdate } from '../update/apply-update.ts';
import { parseUpdate, type Update } from '../update/parse-update.ts';
import { upsertDocument } from '../update/upsert.ts';
import type { Call, Engine, Reply } from './engine.ts';
import { withId } from './insert.ts';
import { forEachMatch } from './many.ts';
import { filterContext, filterOf, planQuery, refuseCollation } from './query-plan.ts';
import { arrayFiltersOf } from './statement.ts';
import { inPieces, type WriteError, writeError, writeTo } from './write.ts';

export type Statement = {
  readonly filter: Filter;
  readonly update: Update;
  readonly sort: readonly SortField[];
  readonly hint: Raw | undefined;
  readonly multi: boolean;
  readonly upsert: boolean;
};

type Outcome = { readonly matched: number; readonly modified: number; readonly upserted?: Raw };

export async function update(call: Call): Promise<Reply> {
  const { args, engine } = call;
  const namespace = checkNamespace(call.database, args.collection());
  const statements = args.documents('updates');
  const ordered = args.get('ordered') === undefined || args.flag('ordered');
  const variables = args.document('let');
  const parse = (index: number) => parseStatement(engine, statements[index]!, variables);
  return inPieces({
    count: statements.length,
    ordered,
    alone: (index) => truthOf(fieldOf(statements[index]!, 'multi')),
    run: (from, to, piece) =>
      truthOf(fieldOf(statements[from]!, 'multi'))
        ? updateMany(call, namespace, from, () => parse(from))
        : writeTo(call, namespace, (collection) => updateOnes(engine, collection, parse, from, to, ordered), piece),
  });
}

/** In a write job. */
function updateOnes(
  engine: Engine,
  collection: Collection,
  parse: (index: number) => Statement,
  from: number,
  to: number,
  ordered: boolean,
): Reply {
  const writeErrors: WriteError[] = [];
  const upserted: Reply[] = [];
  let n = 0;
  let nModified = 0;
  for (let i = from; i < to; i++) {
    try {
      const outcome = updateOne(engine, collection, parse(i));
      n += outcome.matched;
      nModified += outcome.modified;
      if (outcome.upserted !== undefined) {
        n++;
        upserted.push({ index: i, _id: outcome.upserted });
      }
    } catch (error) {
      writeErrors.push(writeError(i, error));
      if (ordered) break;
    }
  }
  return {
    n,
    nModified,
    ...(upserted.length > 0 ? { upserted } : {}),
    ...(writeErrors.length > 0 ? { writeErrors } : {}),
  };
}

async function updateMany(call: Call, namespace: string, index: number, parse: () => Statement): Promise<Reply> {
  const { catalog } = call.engine;
  try {
    const statement = parse();
    const collection = catalog.get(namespace) ?? (await catalog.create(namespace));
    const { matched, modified } = await forEachMatch(
      call,
      collection,
      statement.filter,
      statement.hint,
      ({ record, document }) => updateRecord(call.engine, collection, statement, record, document) !== document,
    );
    if (matched > 0 || !statement.upsert) return { n: matched, nModified: modified };
    return await writeTo(call, namespace, (target) => {
      const outcome = updateOne(call.engine, target, statement);
      const upserted = outcome.upserted === undefined ? {} : { upserted: [{ index, _id: outcome.upserted }] };
      return {
        n: outcome.matched + (outcome.upserted === undefined ? 0 : 1),
        nModified: outcome.modified,
        ...upserted,
      };
    });
  } catch (error) {
    return { n: 0, nModified: 0, writeErrors: [writeError(index, error)] };
  }
}

function parseStatement(engine: Engine, statement: Raw, variables: Raw | undefined): Statement {
  const fields = new Map(fieldsOf(statement));
  refuseCollation(fields.get('collation'));
  const context = filterContext(engine, fields.get('c') ?? variables);
  const multi = truthOf(fields.get('multi'));
  const value = fields.get('u');
  if (value === undefined) {
    throw storeError('FailedToParse', "BSON field 'update.updates.u' is missing but a required field");
  }
  const parsed = parseUpdate(value, arrayFiltersOf(fields.get('arrayFilters')), context);
  if (multi && parsed.kind === 'replace') {
    throw storeError('FailedToParse', 'multi update is not supported for replacement-style update');
  }
  const sort = parseSort(fields.get('sort'));
  if (multi && sort.length > 0) throw storeError('FailedToParse', 'Cannot specify sort with multi=true');
  const filter = filterOf(fields.get('q'), context);
  return { filter, update: parsed, sort, hint: fields.get('hint'), multi, upsert: truthOf(fields.get('upsert')) };
}

/** In a write job. */
function updateOne(engine: Engine, collection: Collection, statement: Statement): Outcome {
  const record = firstTarget(engine, collection, statement);
  if (record !== undefined) {
    const before = collection.document(record)!;
    const after = updateRecord(engine, collection, statement, record, before);
    return { matched: 1, modified: after === before ? 0 : 1 };
  }
  if (!statement.upsert) return { matched: 0, modified: 0 };
  const document = withId(upsertDocument(statement.filter, statement.update, engine.now()));
  collection.insert(document);
  return { matched: 0, modified: 0, upserted: fieldOf(document, '_id')! };
}

/** In a write job: applies an update to one record; answers the document as it is then. */
export function updateRecord(
  engine: Engine,
  collection: Collection,
  { filter, update: change }: Pick<Statement, 'filter' | 'update'>,
  record: number,
  before: Raw,
): Raw {
  const position = matchedPosition(filter, before);
  const after = applyUpdate(change, before, {
    inserting: false,
    now: engine.now(),
    ...(position === undefined ? {} : { position }),
  });
  if (after !== before) collection.replace(record, before, after);
  return after;
}

/** In a write job: the one record a statement is for. */
export function firstTarget(
  engine: Engine,
  collection: Collection,
  { filter, sort, hint }: Pick<Statement, 'filter' | 'sort' | 'hint'>,
): number | undefined {
  const plan = planQuery(engine, collection, filter, sort, hint);
  const scan = new Scan(collection, plan, filter);
  if (sort.length === 0 || plan.sorted) return scan.first()?.record;
  let best: { readonly record: number; readonly key: Buffer } | undefined;
  for (let piece = scan.piece(); piece !== undefined; piece = scan.piece()) {
    for (const { record, document } of piece) {
      const key = sortKey(sort, document);
      if (best === undefined || key.compare(best.key) < 0) best = { record, key };
    }
  }
  return best?.record;
}
