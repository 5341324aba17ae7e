// update: each statement changes one document or all that match, and may insert where none does.
import { fieldOf, fieldsOf, type Raw, truthOf } from '../bson/raw.ts';
import { storeError } from '../errors.ts';
import type { SortField } from '../planner/plan.ts';
import type { Filter } from '../query/filter.ts';
import { matchedPosition } from '../query/position.ts';
import { parseSort } from '../query/sort.ts';
import { checkNamespace } from '../storage/catalog.ts';
import type { Collection } from '../storage/collection.ts';
import { applyUpdate } from '../update/apply-update.ts';
import { parseUpdate, type Update } from '../update/parse-update.ts';
import { upsertDocument } from '../update/upsert.ts';
import { checkFields, fieldsFrom } from './arguments.ts';
import type { Call, Engine, Reply } from './engine.ts';
import { withId } from './insert.ts';
import { forEachMatch, type Target } from './many.ts';
import { filterContext, filterOf, refuseCollation } from './query-plan.ts';
import { arrayFiltersOf, namesOf } from './statement.ts';
import { type Found, missesMax, type Patience, target, type Wanted } from './target.ts';
import { eachStatement, inPieces, type Outcome, writeError, writeTo } from './write.ts';

type Statement = {
  readonly filter: Filter;
  readonly update: Update;
  readonly sort: readonly SortField[];
  readonly hint: Raw | undefined;
  readonly multi: boolean;
  readonly upsert: boolean;
};

const statementFields = fieldsFrom('q! u! c multi upsert collation arrayFilters hint sort');

export async function update(call: Call): Promise<Reply> {
  const { args, engine } = call;
  const namespace = checkNamespace(call.database, args.collection());
  const statements = args.documents('updates');
  for (const statement of statements) checkFields('update.updates', namesOf(statement), statementFields);
  const ordered = args.get('ordered') === undefined || args.flag('ordered');
  const variables = args.document('let');
  const parse = (index: number) => parseStatement(engine, statements[index]!, variables);
  const flag = (index: number, name: string) => truthOf(fieldOf(statements[index]!, name));
  const reply = await inPieces({
    count: statements.length,
    ordered,
    alone: (index) => flag(index, 'multi'),
    run: (piece, number) => {
      const { from, to } = piece;
      if (flag(from, 'multi')) return updateMany(call, namespace, from, () => parse(from));
      const creates = statements.slice(from, to).some((_, i) => flag(from + i, 'upsert'));
      return writeTo(call, namespace, { creates, piece: number }, (collection, found) => {
        const patience = { left: missesMax };
        return eachStatement(piece, (index) =>
          updateOne(engine, collection, parse(index), patience, index === from ? found : undefined),
        );
      });
    },
  });
  return { n: 0, nModified: 0, ...reply };
}

async function updateMany(call: Call, namespace: string, index: number, parse: () => Statement): Promise<Reply> {
  const { engine } = call;
  try {
    if (call.retry !== undefined) throw storeError('InvalidOptions', 'Cannot use retryable writes with multi=true');
    const statement = parse();
    const collection = engine.catalog.get(namespace);
    if (collection !== undefined) {
      const change = ({ record, document }: Target) =>
        updateRecord(engine, collection, statement, record, document) !== document;
      const { matched, modified } = await forEachMatch(call, collection, statement.filter, statement.hint, change);
      if (matched > 0) return { n: matched, nModified: modified };
    }
    if (!statement.upsert) return { n: 0 };
    return await writeTo(call, namespace, { creates: true }, (target, found) =>
      eachStatement({ from: index, to: index + 1, ordered: true }, () =>
        updateOne(engine, target, statement, { left: missesMax }, found),
      ),
    );
  } catch (error) {
    return { n: 0, writeErrors: [writeError(index, error)] };
  }
}

function parseStatement(engine: Engine, statement: Raw, variables: Raw | undefined): Statement {
  const fields = new Map(fieldsOf(statement));
  refuseCollation(fields.get('collation'));
  const context = filterContext(engine, fields.get('c') ?? variables);
  const multi = truthOf(fields.get('multi'));
  const parsed = parseUpdate(fields.get('u')!, arrayFiltersOf(fields.get('arrayFilters')), context);
  if (multi && parsed.kind === 'replace') {
    throw storeError('FailedToParse', 'multi update is not supported for replacement-style update');
  }
  const sort = parseSort(fields.get('sort'));
  if (multi && sort.length > 0) throw storeError('FailedToParse', 'Cannot specify sort with multi=true');
  const filter = filterOf(fields.get('q'), context);
  return { filter, update: parsed, sort, hint: fields.get('hint'), multi, upsert: truthOf(fields.get('upsert')) };
}

/** In a write job. Without a collection there is nothing to find, and nothing to insert. */
function updateOne(
  engine: Engine,
  collection: Collection | undefined,
  statement: Statement,
  patience: Patience,
  found: Found | undefined,
): Outcome | Wanted {
  if (collection === undefined) return { n: 0 };
  const record = target(engine, collection, statement, patience, found);
  if (typeof record === 'object') return record;
  if (record !== undefined) {
    const before = collection.document(record)!;
    const after = updateRecord(engine, collection, statement, record, before);
    return { n: 1, nModified: after === before ? 0 : 1 };
  }
  if (!statement.upsert) return { n: 0 };
  const document = withId(upsertDocument(statement.filter, statement.update, engine.now()));
  collection.insert(document);
  return { n: 1, upserted: fieldOf(document, '_id')! };
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
