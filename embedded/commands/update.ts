// update: each statement changes one document or all that match, and may insert where none does.
import { bsonType, elementsOf, fieldOf, type Raw, truthOf } from '../bson/raw.ts';
import { storeError } from '../errors.ts';
import { matchedPosition } from '../query/position.ts';
import { parseSort } from '../query/sort.ts';
import type { Collection } from '../storage/collection.ts';
import { applyUpdate } from '../update/apply-update.ts';
import { parseUpdate, type Update } from '../update/parse-update.ts';
import { upsertDocument } from '../update/upsert.ts';
import { fieldsFrom } from './arguments.ts';
import type { Call, Engine, Reply } from './engine.ts';
import { withId } from './insert.ts';
import type { Target } from './many.ts';
import { filterOf } from './query-plan.ts';
import { type Kind, runStatements } from './statements.ts';
import type { Query } from './target.ts';

type Statement = Query & { readonly update: Update; readonly upsert: boolean };

const updates: Kind<Statement> = {
  list: 'updates',
  fields: fieldsFrom('q! u! c multi upsert collation arrayFilters hint sort'),
  isMany: (statement) => truthOf(fieldOf(statement, 'multi')),
  many: 'multi=true',
  upserts: (statement) => truthOf(fieldOf(statement, 'upsert')),
  parse: (fields, context) => {
    const update = parseUpdate(fields.get('u')!, arrayFiltersOf(fields.get('arrayFilters')), context);
    const sort = parseSort(fields.get('sort'));
    if (truthOf(fields.get('multi'))) {
      if (update.kind === 'replace')
        throw storeError('FailedToParse', 'multi update is not supported for replacement-style update');
      if (sort.length > 0) throw storeError('FailedToParse', 'Cannot specify sort with multi=true');
    }
    const filter = filterOf(fields.get('q'), context);
    return { filter, update, sort, hint: fields.get('hint'), upsert: truthOf(fields.get('upsert')) };
  },
  change: (engine, collection, statement, target) =>
    updateRecord(engine, collection, statement, target) !== target.document,
  missed: (engine, collection, statement) => {
    if (!statement.upsert) return { n: 0 };
    return { n: 1, upserted: fieldOf(insertUpsert(engine, collection, statement), '_id')! };
  },
  outcome: (n, nModified) => ({ n, nModified }),
};

export async function update(call: Call): Promise<Reply> {
  return { n: 0, nModified: 0, ...(await runStatements(call, updates)) };
}

export function arrayFiltersOf(value: Raw | undefined): readonly Raw[] {
  if (value === undefined) return [];
  if (value.type !== bsonType.array) throw storeError('TypeMismatch', 'arrayFilters must be an array');
  return elementsOf(value);
}

type Change = Pick<Statement, 'filter' | 'update'>;

/** In a write job: applies an update to one record; answers the document as it is then. */
export function updateRecord(
  engine: Engine,
  collection: Collection,
  { filter, update: change }: Change,
  { record, document }: Target,
): Raw {
  const position = matchedPosition(filter, document);
  const context = { inserting: false, now: engine.now(), ...(position === undefined ? {} : { position }) };
  const after = applyUpdate(change, document, context);
  if (after !== document) collection.replace(record, document, after);
  return after;
}

/** In a write job: the document that an upsert makes. */
export function insertUpsert(engine: Engine, collection: Collection, { filter, update: change }: Change): Raw {
  const document = withId(upsertDocument(filter, change, engine.now()));
  collection.insert(document);
  return document;
}
