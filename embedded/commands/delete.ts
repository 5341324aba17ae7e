// delete: each statement removes one document or all that match.
import { fieldOf, fieldsOf, numberOf, type Raw } from '../bson/raw.ts';
import { storeError } from '../errors.ts';
import type { Filter } from '../query/filter.ts';
import { checkNamespace } from '../storage/catalog.ts';
import { checkFields, fieldsFrom } from './arguments.ts';
import type { Call, Engine, Reply } from './engine.ts';
import { forEachMatch } from './many.ts';
import { filterContext, filterOf, refuseCollation } from './query-plan.ts';
import { namesOf } from './statement.ts';
import { missesMax, target } from './target.ts';
import { eachStatement, inPieces, writeError, writeTo } from './write.ts';

type Statement = { readonly filter: Filter; readonly hint: Raw | undefined };

const statementFields = fieldsFrom('q! limit! collation hint');

export async function remove(call: Call): Promise<Reply> {
  const { args, engine } = call;
  const namespace = checkNamespace(call.database, args.collection());
  const statements = args.documents('deletes');
  for (const statement of statements) checkFields('delete.deletes', namesOf(statement), statementFields);
  const ordered = args.get('ordered') === undefined || args.flag('ordered');
  const variables = args.document('let');
  const parse = (index: number) => parseStatement(engine, statements[index]!, variables);
  return inPieces({
    count: statements.length,
    ordered,
    alone: (index) => isMany(statements[index]!),
    run: (piece, number) => {
      const { from } = piece;
      if (isMany(statements[from]!)) return removeMany(call, namespace, from, () => parse(from));
      return writeTo(call, namespace, { creates: false, piece: number }, (collection, found) => {
        const patience = { left: missesMax };
        return eachStatement(piece, (index) => {
          const query = { ...parse(index), sort: [] };
          if (collection === undefined) return { n: 0 };
          const record = target(engine, collection, query, patience, index === from ? found : undefined);
          if (typeof record === 'object') return record;
          if (record === undefined) return { n: 0 };
          collection.remove(record, collection.document(record)!);
          return { n: 1 };
        });
      });
    },
  });
}

async function removeMany(call: Call, namespace: string, index: number, parse: () => Statement): Promise<Reply> {
  try {
    if (call.retry !== undefined) throw storeError('InvalidOptions', 'Cannot use retryable writes with limit=0');
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
  const count = numberOf(fields.get('limit')!);
  if (count !== 0 && count !== 1) {
    throw storeError('FailedToParse', `The limit field in delete objects must be 0 or 1. Got ${count}`);
  }
  return { filter: filterOf(fields.get('q'), filterContext(engine, variables)), hint: fields.get('hint') };
}
