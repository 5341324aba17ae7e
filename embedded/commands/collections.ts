// create, drop, dropDatabase, listCollections, listDatabases.
import { Long } from 'bson';
import { rawOf } from '../bson/build.ts';
import { bsonType, fieldsOf, type Raw, truthOf } from '../bson/raw.ts';
import { storeError } from '../errors.ts';
import { matches } from '../query/match.ts';
import { parseFilter } from '../query/parse-filter.ts';
import { binaryOf, checkNamespace } from '../storage/catalog.ts';
import { openNode, sealDocument } from '../update/branch.ts';
import type { Call, Reply } from './engine.ts';
import { cursorReply } from './find.ts';
import { refuseCollation } from './query-plan.ts';

/** Options of `create` that MongoDB knows and this store does not keep. */
const refusedOptions = ['capped', 'size', 'max', 'validator', 'validationLevel', 'validationAction'].concat([
  'viewOn',
  'pipeline',
  'timeseries',
  'clusteredIndex',
  'expireAfterSeconds',
  'changeStreamPreAndPostImages',
]);

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

export async function drop(call: Call): Promise<Reply> {
  const namespace = checkNamespace(call.database, call.args.collection());
  const collection = call.engine.catalog.get(namespace);
  const nIndexesWas = collection?.indexes.length ?? 0;
  if (!(await call.engine.catalog.drop(namespace))) return { note: 'ns not found' };
  return { nIndexesWas, ns: namespace };
}

export async function dropDatabase({ database, engine }: Call): Promise<Reply> {
  const all = engine.catalog.list(database);
  for (const collection of all) await engine.catalog.drop(collection.namespace);
  return all.length === 0 ? {} : { dropped: database };
}

export function listCollections(call: Call): Reply {
  const { args, database, engine } = call;
  const nameOnly = args.flag('nameOnly');
  const rows = engine.catalog.list(database).map((collection) => {
    const name = collection.namespace.slice(database.length + 1);
    const idIndex = { v: 2, key: { _id: 1 }, name: '_id_' };
    return rawOf({
      name,
      type: 'collection',
      options: collection.options,
      info: { readOnly: false, uuid: binaryOf(collection.uuid) },
      idIndex,
    });
  });
  const kept = filtered(rows, args);
  const shown = nameOnly ? kept.map((row) => pick(row, ['name', 'type'])) : kept;
  return cursorReply(Long.ZERO, `${database}.$cmd.listCollections`, 'firstBatch', shown);
}

/** Names alone: of sizes nothing is known without reading everything. */
export function listDatabases({ args, database, engine }: Call): Reply {
  if (database !== 'admin') {
    throw storeError('Unauthorized', 'listDatabases may only be run against the admin database.');
  }
  const names = new Set(engine.catalog.list().map(({ namespace }) => namespace.slice(0, namespace.indexOf('.'))));
  const rows = [...names].sort().map((name) => rawOf({ name, empty: false }));
  const kept = filtered(rows, args);
  return { databases: rawOf(args.flag('nameOnly') ? kept.map((row) => pick(row, ['name'])) : kept) };
}

function filtered(rows: readonly Raw[], args: Call['args']): readonly Raw[] {
  const document = args.document('filter');
  if (document === undefined) return rows;
  const filter = parseFilter(document);
  return rows.filter((row) => matches(filter, row));
}

function pick(row: Raw, names: readonly string[]): Raw {
  const branch = openNode(row)!;
  const kept = fieldsOf(row).filter(([name]) => names.includes(name));
  branch.names = kept.map(([name]) => name);
  branch.values = kept.map(([, value]) => value);
  return sealDocument(branch);
}
