// What update and delete share: statements one after another, each for one document or for all that match.
import { fieldsOf, type Raw } from '../bson/raw.ts';
import { storeError } from '../errors.ts';
import type { FilterContext } from '../query/parse-filter.ts';
import { checkNamespace } from '../storage/catalog.ts';
import type { Collection } from '../storage/collection.ts';
import { checkFields, type Fields } from './arguments.ts';
import type { Call, Engine, Reply } from './engine.ts';
import { forEachMatch, type Target } from './many.ts';
import { filterContext, refuseCollation } from './query-plan.ts';
import { type Found, missesMax, type Patience, type Query, target, type Wanted } from './target.ts';
import { eachStatement, inPieces, type Outcome, writeError, writeTo } from './write.ts';

/** One kind of statement, S being one that is parsed. */
export type Kind<S extends Query> = {
  /** The command's field that holds the statements. */
  readonly list: 'updates' | 'deletes';
  readonly fields: Fields;
  readonly isMany: (statement: Raw) => boolean;
  /** How a statement says that it is for many. */
  readonly many: string;
  readonly upserts: (statement: Raw) => boolean;
  readonly parse: (fields: ReadonlyMap<string, Raw>, context: FilterContext) => S;
  /** In a write job: changes one document; answers whether it became another. */
  readonly change: (engine: Engine, collection: Collection, statement: S, target: Target) => boolean;
  /** In a write job: what comes of it where no document matches. */
  readonly missed: (engine: Engine, collection: Collection, statement: S) => Outcome;
  readonly outcome: (matched: number, modified: number) => Outcome;
};

export function runStatements<S extends Query>(call: Call, kind: Kind<S>): Promise<Reply> {
  const { args, engine } = call;
  const namespace = checkNamespace(call.database, args.collection());
  const statements = args.documents(kind.list);
  for (const statement of statements) {
    const names = fieldsOf(statement).map(([name]) => name);
    checkFields(`${args.command}.${kind.list}`, names, kind.fields);
  }
  const ordered = args.get('ordered') === undefined || args.flag('ordered');
  const parse = (index: number): S => {
    const fields = new Map(fieldsOf(statements[index]!));
    refuseCollation(fields.get('collation'));
    return kind.parse(fields, filterContext(engine, fields.get('c') ?? args.document('let')));
  };
  return inPieces({
    count: statements.length,
    ordered,
    alone: (index) => kind.isMany(statements[index]!),
    run: (piece, number) => {
      const { from, to } = piece;
      if (kind.isMany(statements[from]!)) return changeMany(call, kind, namespace, from, () => parse(from));
      const creates = statements.slice(from, to).some(kind.upserts);
      return writeTo(call, namespace, { creates, piece: number }, (collection, found) => {
        const patience = { left: missesMax };
        return eachStatement(piece, (index) => {
          const before = index === from ? found : undefined;
          return changeOne(engine, kind, collection, parse(index), patience, before);
        });
      });
    },
  });
}

/** In a write job. Without a collection there is nothing to find, and nothing to insert. */
function changeOne<S extends Query>(
  engine: Engine,
  kind: Kind<S>,
  collection: Collection | undefined,
  statement: S,
  patience: Patience,
  found: Found | undefined,
): Outcome | Wanted {
  if (collection === undefined) return { n: 0 };
  const record = target(engine, collection, statement, patience, found);
  if (typeof record === 'object') return record;
  if (record === undefined) return kind.missed(engine, collection, statement);
  const changed = kind.change(engine, collection, statement, { record, document: collection.document(record)! });
  return kind.outcome(1, changed ? 1 : 0);
}

async function changeMany<S extends Query>(
  call: Call,
  kind: Kind<S>,
  namespace: string,
  index: number,
  parse: () => S,
): Promise<Reply> {
  const { engine, retry } = call;
  try {
    if (retry !== undefined) throw storeError('InvalidOptions', `Cannot use retryable writes with ${kind.many}`);
    const statement = parse();
    const collection = engine.catalog.get(namespace);
    if (collection !== undefined) {
      const change = (each: Target) => kind.change(engine, collection, statement, each);
      const { matched, modified } = await forEachMatch(call, collection, statement.filter, statement.hint, change);
      if (matched > 0) return kind.outcome(matched, modified);
    }
    const creates = kind.upserts(call.args.documents(kind.list)[index]!);
    if (!creates) return { n: 0 };
    return await writeTo(call, namespace, { creates }, (made, found) =>
      eachStatement({ from: index, to: index + 1, ordered: true }, () =>
        changeOne(engine, kind, made, statement, { left: missesMax }, found),
      ),
    );
  } catch (error) {
    return { n: 0, writeErrors: [writeError(index, error)] };
  }
}
