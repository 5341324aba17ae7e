// create, drop, dropDatabase, listCollections, listDatabases.
import { Long } from 'bson';
import { rawOf } from '../bson/build.ts';
import { bsonType, type Raw, truthOf } from '../bson/raw.ts';
import { storeError } from '../errors.ts';
import { matches } from '../query/match.ts';
import { compileProjection } from '../query/projection.ts';
import { binaryOf, checkNamespace } from '../storage/catalog.ts';
import type { Call, Reply } from './engine.ts';
import { cursorReply } from './find.ts';
import { filterOf, refuseCollation } from './query-plan.ts';

/** Options of `create` that MongoDB knows and this store does not keep. */
const refusedOptions = (
  'capped size max validator validationLevel validationAction viewOn pipeline timeseries clusteredIndex ' +
  'expireAfterSeconds changeStreamPreAndPostImages'
).split(' ');

export async function create(call: Call): Promise<Reply> {
  const { args, engine } = call;
  const namespace = checkNamespace(call.database, args.collection());
  refuseOptions(args.values);
  if (engine.catalog.get(namespace) !== undefined) {
    throw storeError('NamespaceExists', `Collection ${namespace} already exists.`);
  }
  await engine.catalog.create(namespace);
  return {};
}

/** Throws InvalidOptions where a collection is to be what this store does not keep. */
export function refuseOptions(options: ReadonlyMap<string, Raw>): void {
  refuseCollation(options.get('collation'));
  for (const name of refusedOptions) {
    const value = options.get(name);
    const asks =
      value !== undefined && value.type !== bsonType.null && (value.type !== bsonType.bool || truthOf(value));
    if (asks) throw storeError('InvalidOptions', `${name} is not supported`);
  }
}

export async function drop({ args, database, engine }: Call): Promise<Reply> {
  const namespace = checkNamespace(database, args.collection());
  const nIndexesWas = engine.catalog.get(namespace)?.indexes.length ?? 0;
  return (await engine.catalog.drop(namespace)) ? { nIndexesWas, ns: namespace } : { note: 'ns not found' };
}

export async function dropDatabase({ database, engine }: Call): Promise<Reply> {
  const all = engine.catalog.list(database);
  for (const collection of all) await engine.catalog.drop(collection.namespace);
  return all.length === 0 ? {} : { dropped: database };
}

export function listCollections({ args, database, engine }: Call): Reply {
  const rows = engine.catalog.list(database).map(({ namespace, options, uuid }) =>
    rawOf({
      name: namespace.slice(database.length + 1),
      type: 'collection',
      options,
      info: { readOnly: false, uuid: binaryOf(uuid) },
      idIndex: { v: 2, key: { _id: 1 }, name: '_id_' },
    }),
  );
  return cursorReply(Long.ZERO, `${database}.$cmd.listCollections`, 'firstBatch', listed(rows, args));
}

/** Names alone: of sizes nothing is known without reading everything. */
export function listDatabases({ args, database, engine }: Call): Reply {
  if (database !== 'admin') {
    throw storeError('Unauthorized', 'listDatabases may only be run against the admin database.');
  }
  const names = new Set(engine.catalog.list().map(({ namespace }) => namespace.slice(0, namespace.indexOf('.'))));
  const rows = [...names].sort().map((name) => rawOf({ name, empty: false }));
  return { databases: rawOf(listed(rows, args)) };
}

const nameAndType = compileProjection(rawOf({ _id: 0, name: 1, type: 1 }));

/** Those that pass the command's filter, perhaps only their names. */
function listed(rows: readonly Raw[], args: Call['args']): readonly Raw[] {
  const filter = filterOf(args.document('filter'), {});
  const kept = rows.filter((row) => matches(filter, row));
  return args.flag('nameOnly') ? kept.map(nameAndType) : kept;
}
