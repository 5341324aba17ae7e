// update: each statement changes one document or all that match, and may insert where none does.
import { fieldOf, fieldsOf, type Raw, truthOf } from '../bson/raw.ts';
import { storeError } from '../errors.ts';
import type { SortField } from '../planner/plan.ts';
import type { Filter } from '../query/filter.ts';
import { matches } from '../query/match.ts';
import { matchedPosition } from '../query/position.ts';
import { Scan } from '../query/scan.ts';
import { parseSort, sortKey } from '../query/sort.ts';
import { checkNamespace } from '../storage/catalog.ts';
import type { Collection } from '../storage/collection.ts';
import { applyUpdate } from '../update/apply-update.ts';
import { parseUpdate, type Update } from '../update/parse-update.ts';
import { upsertDocument } from '../update/upsert.ts';
import type { Call, Engine, Reply } from './engine.ts';
import { checkStatements, type WriteError, withId, writeError } from './insert.ts';
import { filterContext, filterOf, planQuery, refuseCollation } from './query-plan.ts';
import { arrayFiltersOf } from './statement.ts';
import { writeTo } from './write.ts';

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
  checkStatements(statements.length);
  const ordered = args.get('ordered') === undefined || args.flag('ordered');
  const variables = args.document('let');
  return writeTo(call, namespace, (collection) => {
    const writeErrors: WriteError[] = [];
    const upserted: Reply[] = [];
    let n = 0;
    let nModified = 0;
    for (let i = 0; i < statements.length; i++) {
      try {
        const outcome = runStatement(engine, collection, parseStatement(engine, statements[i]!, variables));
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
  });
}

function parseStatement(engine: Engine, statement: Raw, variables: Raw | undefined): Statement {
  const fields = new Map(fieldsOf(statement));
  refuseCollation(fields.get('collation'));
  const constants = fields.get('c');
  const context = filterContext(engine, constants ?? variables);
  const multi = truthOf(fields.get('multi'));
  const value = fields.get('u');
  if (value === undefined)
    throw storeError('FailedToParse', "BSON field 'update.updates.u' is missing but a required field");
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
function runStatement(engine: Engine, collection: Collection, statement: Statement): Outcome {
  const { filter, multi } = statement;
  let matched = 0;
  let modified = 0;
  for (const record of targets(engine, collection, statement)) {
    const before = collection.document(record);
    if (before === undefined || !matches(filter, before)) continue;
    matched++;
    if (updateRecord(engine, collection, statement, record, before) !== before) modified++;
    if (!multi) break;
  }
  if (matched > 0 || !statement.upsert) return { matched, modified };
  const document = withId(upsertDocument(filter, statement.update, engine.now()));
  collection.insert(document);
  return { matched, modified, upserted: fieldOf(document, '_id')! };
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

/** The records a statement is to change, found before any of them is changed. */
export function targets(
  engine: Engine,
  collection: Collection,
  { filter, sort, hint, multi }: Pick<Statement, 'filter' | 'sort' | 'hint' | 'multi'>,
): readonly number[] {
  const plan = planQuery(engine, collection, filter, sort, hint);
  const scan = new Scan(collection, plan, filter);
  if (!multi && (sort.length === 0 || plan.sorted)) {
    const first = scan.first();
    return first === undefined ? [] : [first.record];
  }
  const found: { readonly record: number; readonly key: Buffer }[] = [];
  for (let piece = scan.piece(); piece !== undefined; piece = scan.piece()) {
    for (const { record, document } of piece) {
      found.push({ record, key: sort.length > 0 ? sortKey(sort, document) : noKey });
    }
  }
  if (sort.length > 0) found.sort((a, b) => a.key.compare(b.key));
  return found.map(({ record }) => record);
}

const noKey = Buffer.alloc(0);
