// findAndModify: takes one document, updates, replaces or removes it, and answers it as it was or as it is.
import { fieldOf, type Raw } from '../bson/raw.ts';
import { storeError } from '../errors.ts';
import { compileProjection } from '../query/projection.ts';
import { parseSort } from '../query/sort.ts';
import { checkNamespace } from '../storage/catalog.ts';
import type { Collection } from '../storage/collection.ts';
import { parseUpdate, type Update } from '../update/parse-update.ts';
import { upsertDocument } from '../update/upsert.ts';
import type { Call, Reply } from './engine.ts';
import { withId } from './insert.ts';
import { filterContext, filterOf, refuseCollation } from './query-plan.ts';
import { arrayFiltersOf } from './statement.ts';
import { type Found, missesMax, type Query, target, type Wanted } from './target.ts';
import { updateRecord } from './update.ts';
import { writeTo } from './write.ts';

export async function findAndModify(call: Call): Promise<Reply> {
  const { args } = call;
  const namespace = checkNamespace(call.database, args.collection());
  const removes = args.flag('remove');
  const change = args.get('update');
  if (removes && change !== undefined)
    throw storeError('FailedToParse', 'Cannot specify both an update and remove=true');
  if (!removes && change === undefined)
    throw storeError('FailedToParse', 'Either an update or remove=true must be specified');
  if (removes && args.flag('upsert'))
    throw storeError('FailedToParse', 'Cannot specify both upsert=true and remove=true');
  if (removes && args.flag('new'))
    throw storeError(
      'FailedToParse',
      "Cannot specify both new=true and remove=true; 'remove' always returns the deleted document",
    );
  refuseCollation(args.get('collation'));
  const ask = askOf(call, change);
  return writeTo(call, namespace, { creates: args.flag('upsert') }, (collection, found) =>
    modify(call, ask, collection, found),
  );
}

type Ask = Query & { readonly update: Update | undefined; readonly show: (document: Raw) => Raw };

function askOf({ args, engine }: Call, change: Raw | undefined): Ask {
  const context = filterContext(engine, args.document('let'));
  const filter = filterOf(args.document('query'), context);
  const sort = parseSort(args.document('sort'));
  const fields = args.document('fields');
  const show = fields === undefined ? (document: Raw) => document : compileProjection(fields, context);
  const update =
    change === undefined ? undefined : parseUpdate(change, arrayFiltersOf(args.get('arrayFilters')), context);
  return { filter, sort, hint: args.get('hint'), show, update };
}

/** In a write job. */
function modify(call: Call, ask: Ask, collection: Collection | undefined, found?: Found): Reply | Wanted {
  const { args, engine } = call;
  const { filter, update, show } = ask;
  const record = collection === undefined ? undefined : target(engine, collection, ask, { left: missesMax }, found);
  if (typeof record === 'object') return record;
  if (collection === undefined || record === undefined) {
    if (update === undefined) return { lastErrorObject: { n: 0 }, value: null };
    if (collection === undefined || !args.flag('upsert')) {
      return { lastErrorObject: { n: 0, updatedExisting: false }, value: null };
    }
    const document = withId(upsertDocument(filter, update, engine.now()));
    collection.insert(document);
    const upserted = fieldOf(document, '_id');
    const value = args.flag('new') ? show(document) : null;
    return { lastErrorObject: { n: 1, updatedExisting: false, upserted }, value };
  }
  const before = collection.document(record)!;
  if (update === undefined) {
    collection.remove(record, before);
    return { lastErrorObject: { n: 1 }, value: show(before) };
  }
  const after = updateRecord(engine, collection, { filter, update }, record, before);
  return { lastErrorObject: { n: 1, updatedExisting: true }, value: show(args.flag('new') ? after : before) };
}
