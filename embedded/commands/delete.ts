// delete: each statement removes one document or all that match.
import { fieldsOf, numberOf, type Raw } from '../bson/raw.ts';
import { storeError } from '../errors.ts';
import { checkNamespace } from '../storage/catalog.ts';
import type { Collection } from '../storage/collection.ts';
import type { Call, Engine, Reply } from './engine.ts';
import { checkStatements, type WriteError, writeError } from './insert.ts';
import { filterContext, filterOf, refuseCollation } from './query-plan.ts';
import { targets } from './update.ts';
import { writeToExisting } from './write.ts';

export async function remove(call: Call): Promise<Reply> {
  const { args, engine } = call;
  const namespace = checkNamespace(call.database, args.collection());
  const statements = args.documents('deletes');
  checkStatements(statements.length);
  const ordered = args.get('ordered') === undefined || args.flag('ordered');
  const variables = args.document('let');
  const reply = await writeToExisting(call, namespace, (collection) => {
    const writeErrors: WriteError[] = [];
    let n = 0;
    for (let i = 0; i < statements.length; i++) {
      try {
        n += runDelete(engine, collection, statements[i]!, variables);
      } catch (error) {
        writeErrors.push(writeError(i, error));
        if (ordered) break;
      }
    }
    return { n, ...(writeErrors.length > 0 ? { writeErrors } : {}) };
  });
  return reply ?? { n: 0 };
}

function runDelete(engine: Engine, collection: Collection, statement: Raw, variables: Raw | undefined): number {
  const fields = new Map(fieldsOf(statement));
  refuseCollation(fields.get('collation'));
  const limit = fields.get('limit');
  if (limit === undefined)
    throw storeError('FailedToParse', "BSON field 'delete.deletes.limit' is missing but a required field");
  const count = numberOf(limit);
  if (count !== 0 && count !== 1)
    throw storeError('FailedToParse', `The limit field in delete objects must be 0 or 1. Got ${count}`);
  const filter = filterOf(fields.get('q'), filterContext(engine, variables));
  const found = targets(engine, collection, { filter, sort: [], hint: fields.get('hint'), multi: count === 0 });
  for (const record of found) collection.remove(record, collection.document(record)!);
  return found.length;
}
