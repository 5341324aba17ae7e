// create, drop, dropDatabase, listCollections.
import { Long } from 'bson';
import { rawOf } from '../bson/build.ts';
import { bsonType, fieldsOf, truthOf } from '../bson/raw.ts';
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
  refuseCollation(args.get('collation'));
  for (const name of refusedOptions) {
    const value = args.get(name);
    const asks = value !== undefined && !(value.type === bsonType.bool && !truthOf(value));
    if (asks) throw storeError('InvalidOptions', `${name} is not supported`);
  }
  if (engine.catalog.get(namespace) !== undefined) {
    throw storeError('NamespaceExists', `Collection ${namespace} already exists.`);
  }
  await engine.catalog.create(namespace);
  return {};
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
  const filterDocument = args.document('filter');
  const filter = filterDocument === undefined ? undefined : parseFilter(filterDocument);
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
  const kept = filter === undefined ? rows : rows.filter((row) => matches(filter, row));
  const shown = nameOnly ? kept.map((row) => pick(row, ['name', 'type'])) : kept;
  return cursorReply(Long.ZERO, `${database}.$cmd.listCollections`, 'firstBatch', shown);
}

function pick(row: ReturnType<typeof rawOf>, names: readonly string[]): ReturnType<typeof rawOf> {
  const branch = openNode(row)!;
  const kept = fieldsOf(row).filter(([name]) => names.includes(name));
  branch.names = kept.map(([name]) => name);
  branch.values = kept.map(([, value]) => value);
  return sealDocument(branch);
}
