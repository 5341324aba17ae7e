// delete: each statement removes one document or all that match.
import { fieldOf, numberOf } from '../bson/raw.ts';
import { storeError } from '../errors.ts';
import { fieldsFrom } from './arguments.ts';
import type { Call, Reply } from './engine.ts';
import { filterOf } from './query-plan.ts';
import { type Kind, runStatements } from './statements.ts';
import type { Query } from './target.ts';

const deletes: Kind<Query> = {
  list: 'deletes',
  fields: fieldsFrom('q! limit! collation hint'),
  isMany: (statement) => numberOf(fieldOf(statement, 'limit')!) === 0,
  many: 'limit=0',
  upserts: () => false,
  parse: (fields, context) => {
    const limit = numberOf(fields.get('limit')!);
    if (limit !== 0 && limit !== 1) {
      throw storeError('FailedToParse', `The limit field in delete objects must be 0 or 1. Got ${limit}`);
    }
    return { filter: filterOf(fields.get('q'), context), sort: [], hint: fields.get('hint') };
  },
  change: (_engine, collection, _statement, { record, document }) => {
    collection.remove(record, document);
    return true;
  },
  missed: () => ({ n: 0 }),
  outcome: (n) => ({ n }),
};

export function remove(call: Call): Promise<Reply> {
  return runStatements(call, deletes);
}
