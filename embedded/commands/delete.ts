// delete: each statement removes one document or all that match.
import { fieldOf, fieldsOf, numberOf, type Raw } from '../bson/raw.ts';
import { storeError } from '../errors.ts';
import type { Filter } from '../query/filter.ts';
import { checkNamespace } from '../storage/catalog.ts';
import type { Collection } from '../storage/collection.ts';
import type { Call, Engine, Reply } from './engine.ts';
import { forEachMatch } from './many.ts';
import { filterContext, filterOf, refuseCollation } from './query-plan.ts';
import { firstTarget } from './update.ts';
import { inPieces, type WriteError, writeError, writeToExisting } from './write.ts';

type Statement = { readonly filter: Filter; readonly hint: Raw | undefined };

export async function remove(call: Call): Promise<Reply> {
  const { args, engine } = call;
  const namespace = checkNamespace(call.database, args.collection());
  const statements = args.documents('deletes');
  const ordered = args.get('ordered') === undefined || args.flag('ordered');
  const variables = args.document('let');
  const parse = (index: number) => parseStatement(engine, statements[index]!, variables);
  return inPieces({
    count: statements.length,
    ordered,
    alone: (index) => isMany(statements[index]!),
    run: (from, to, piece) =>
      isMany(statements[from]!)
        ? removeMany(call, namespace, from, () => parse(from))
        : writeToExisting(call, namespace, (each) => removeOnes(engine, each, parse, from, to, ordered), piece),
  });
}

/** In a write job. */
function removeOnes(
  engine: Engine,
  collection: Collection,
  parse: (index: number) => Statement,
  from: number,
  to: number,
  ordered: boolean,
): Reply {
  const writeErrors: WriteError[] = [];
  let n = 0;
  for (let i = from; i < to; i++) {
    try {
      const record = firstTarget(engine, collection, { ...parse(i), sort: [] });
      if (record === undefined) continue;
      collection.remove(record, collection.document(record)!);
      n++;
    } catch (error) {
      writeErrors.push(writeError(i, error));
      if (ordered) break;
    }
  }
  return { n, ...(writeErrors.length > 0 ? { writeErrors } : {}) };
}

async function removeMany(call: Call, namespace: string, index: number, parse: () => Statement): Promise<Reply> {
  try {
    const { filter, hint } = parse();
    const collection = call.engine.catalog.get(namespace);
    if (collection === undefined) return { n: 0 };
    const { matched } = await forEachMatch(call, collection, filter, hint, ({ record, document }) => {
      collection.remove(record, document);
      return true;
    });
    return { n: matched };
  } catch (error) {
    return { n: 0, writeErrors: [writeError(index, error)] };
  }
}

/** A limit of 0 removes all that match. */
function isMany(statement: Raw): boolean {
  const limit = fieldOf(statement, 'limit');
  return limit !== undefined && numberOf(limit) === 0;
}

function parseStatement(engine: Engine, statement: Raw, variables: Raw | undefined): Statement {
  const fields = new Map(fieldsOf(statement));
  refuseCollation(fields.get('collation'));
  const limit = fields.get('limit');
  if (limit === undefined) {
    throw storeError('FailedToParse', "BSON field 'delete.deletes.limit' is missing but a required field");
  }
  const count = numberOf(limit);
  if (count !== 0 && count !== 1) {
    throw storeError('FailedToParse', `The limit field in delete objects must be 0 or 1. Got ${count}`);
  }
  return { filter: filterOf(fields.get('q'), filterContext(engine, variables)), hint: fields.get('hint') };
}
