// findAndModify: takes one document, updates, replaces or removes it, and answers it as it was or as it is.
import { fieldOf, type Raw } from '../bson/raw.ts';
import { storeError } from '../errors.ts';
import { compileProjection } from '../query/projection.ts';
import { parseSort } from '../query/sort.ts';
import { checkNamespace } from '../storage/catalog.ts';
import type { Collection } from '../storage/collection.ts';
import { parseUpdate, type Update } from '../update/parse-update.ts';
import type { Call, Reply } from './engine.ts';
import { filterContext, filterOf, refuseCollation } from './query-plan.ts';
import { type Found, missesMax, type Query, target, type Wanted } from './target.ts';
import { arrayFiltersOf, insertUpsert, updateRecord } from './update.ts';
import { writeTo } from './write.ts';

export function findAndModify(call: Call): Promise<Reply> {
  const { args } = call;
  const namespace = checkNamespace(call.database, args.collection());
  refuseCollation(args.get('collation'));
  const ask = askOf(call);
  return writeTo(call, namespace, { creates: args.flag('upsert') }, (collection, found) =>
    modify(call, ask, collection, found),
  );
}

/** Without an update, the document goes. */
type Ask = Query & { readonly update: Update | undefined; readonly show: (document: Raw) => Raw };

function askOf({ args, engine }: Call): Ask {
  const change = args.get('update');
  if ((change === undefined) !== args.flag('remove')) {
    throw storeError('FailedToParse', 'Either an update or remove=true must be specified, and not both');
  }
  for (const option of ['upsert', 'new']) {
    if (change !== undefined || !args.flag(option)) continue;
    throw storeError('FailedToParse', `Cannot specify both ${option}=true and remove=true`);
  }
  const context = filterContext(engine, args.document('let'));
  const fields = args.document('fields');
  return {
    filter: filterOf(args.document('query'), context),
    sort: parseSort(args.document('sort')),
    hint: args.get('hint'),
    show: fields === undefined ? (document) => document : compileProjection(fields, context),
    update: change && parseUpdate(change, arrayFiltersOf(args.get('arrayFilters')), context),
  };
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
    const made = insertUpsert(engine, collection, { filter, update });
    const lastErrorObject = { n: 1, updatedExisting: false, upserted: fieldOf(made, '_id') };
    return { lastErrorObject, value: args.flag('new') ? show(made) : null };
  }
  const document = collection.document(record)!;
  if (update === undefined) {
    collection.remove(record, document);
    return { lastErrorObject: { n: 1 }, value: show(document) };
  }
  const after = updateRecord(engine, collection, { filter, update }, { record, document });
  return { lastErrorObject: { n: 1, updatedExisting: true }, value: show(args.flag('new') ? after : document) };
}
