// createIndexes, listIndexes, dropIndexes.
import { Long } from 'bson';
import { rawOf } from '../bson/build.ts';
import { equalValues } from '../bson/order.ts';
import { bsonType, elementsOf, fieldsOf, type Raw, textOf } from '../bson/raw.ts';
import { storeError } from '../errors.ts';
import { type IndexSpec, isIdKey, knownOptions, parseIndexSpec, sameIndex } from '../keys/index-spec.ts';
import { checkPartial } from '../keys/partial-filter.ts';
import { parseFilter } from '../query/parse-filter.ts';
import { expired } from '../query/stream.ts';
import { checkNamespace, indexesMax } from '../storage/catalog.ts';
import type { Collection, Index } from '../storage/collection.ts';
import { sealDocument } from '../update/branch.ts';
import type { Call, Reply } from './engine.ts';
import { cursorReply } from './find.ts';

/** Documents put into a new index in one commit. */
const buildPiece = 1000;

export async function createIndexes(call: Call): Promise<Reply> {
  const { args, engine } = call;
  const namespace = checkNamespace(call.database, args.collection());
  const lax = args.flag('ignoreUnknownIndexOptions');
  const specs = args.documents('indexes').map((document) => parseIndexSpec(asKept(document, lax)));
  if (specs.length === 0) throw storeError('BadValue', 'Must specify at least one index to create');
  for (const { partialFilter } of specs) if (partialFilter !== undefined) checkPartial(parseFilter(partialFilter));
  const createdCollectionAutomatically = engine.catalog.get(namespace) === undefined;
  const collection = await engine.catalog.create(namespace);
  return inTurn(call, collection, async () => {
    const numIndexesBefore = collection.indexes.length;
    for (const spec of specs) if (isNew(collection, spec)) await build(call, collection, spec);
    const numIndexesAfter = collection.indexes.length;
    const note = numIndexesAfter === numIndexesBefore ? { note: 'all indexes already exist' } : {};
    return { numIndexesBefore, numIndexesAfter, createdCollectionAutomatically, ...note };
  });
}

/** As in MongoDB, builds wait for each other, and here drops do, too: at most one a connection, as its commands are. */
export async function inTurn<T>(call: Call, collection: Collection, run: () => Promise<T>): Promise<T> {
  const before = collection.indexWork;
  const turn = (async () => {
    await before;
    call.signal.throwIfAborted();
    return run();
  })();
  collection.indexWork = turn.catch(() => {});
  return turn;
}

/** As it is kept: with a version, in first place, without its namespace, and in a lax call without unknown options. */
function asKept(document: Raw, lax: boolean): Raw {
  const given = fieldsOf(document).filter(([name]) => name !== 'ns' && (!lax || knownOptions.has(name)));
  const fields = given.some(([name]) => name === 'v') ? given : [['v', rawOf(2)] as const, ...given];
  return sealDocument({ array: false, names: fields.map(([name]) => name), values: fields.map(([, value]) => value) });
}

/** Throws IndexOptionsConflict (85) and IndexKeySpecsConflict (86) as MongoDB does. */
function isNew(collection: Collection, spec: IndexSpec): boolean {
  if (isIdKey(spec.key)) return false;
  const specs = collection.indexes.map((index) => index.spec);
  const named = specs.find((other) => other.name === spec.name);
  if (named !== undefined) {
    if (!sameIndex(named, spec)) {
      const message = `An existing index has the same name as the requested index, but is another: ${spec.name}`;
      throw storeError('IndexKeySpecsConflict', message);
    }
    if (named.expireAfterSeconds === spec.expireAfterSeconds) return false;
    const message = `An equivalent index already exists with the same name but different options: ${spec.name}`;
    throw storeError('IndexOptionsConflict', message);
  }
  const same = specs.find((other) => sameIndex(other, spec));
  if (same !== undefined) {
    throw storeError('IndexOptionsConflict', `Index already exists with a different name: ${same.name}`);
  }
  if (collection.indexes.length >= indexesMax)
    throw storeError('CannotCreateIndex', `add index fails, too many indexes for ${collection.namespace}`);
  return true;
}

/** Fills a new index, a piece of the records in a commit, and publishes it with the last. */
async function build(call: Call, collection: Collection, spec: IndexSpec): Promise<void> {
  const { catalog, environment } = call.engine;
  const index = await catalog.prepareIndex(spec);
  collection.building = index;
  try {
    for (let done = false; !done; ) {
      call.signal.throwIfAborted();
      if (call.deadlineMs !== undefined && performance.now() > call.deadlineMs) throw expired();
      done = await environment.write(() => {
        const before = index.builtTo;
        environment.onAbort(() => {
          index.builtTo = before;
          collection.building = index;
        });
        if (!collection.alive) throw storeError('IndexBuildAborted', 'Index build failed: collection dropped');
        if (fillPiece(collection, index)) return false;
        // Here and not behind the commit: the next job of the same commit must not keep it twice.
        collection.building = undefined;
        index.builtTo = Number.POSITIVE_INFINITY;
        catalog.publish(collection, [...collection.indexes, index]);
        return true;
      });
    }
  } catch (error) {
    collection.building = undefined;
    await catalog.release([index]);
    throw error;
  }
}

/** In a write job: the next records into the index; answers false when there are none left. */
function fillPiece(collection: Collection, index: Index): boolean {
  const records = collection.recordsAfter(index.builtTo, buildPiece);
  for (const { record, document } of records) {
    collection.addToIndex(index, record, document);
    index.builtTo = record;
  }
  return records.length > 0;
}

export function listIndexes(call: Call): Reply {
  const namespace = checkNamespace(call.database, call.args.collection());
  const collection = call.engine.catalog.get(namespace);
  if (collection === undefined) throw storeError('NamespaceNotFound', `ns does not exist: ${namespace}`);
  return cursorReply(
    Long.ZERO,
    namespace,
    'firstBatch',
    collection.indexes.map((index) => index.spec.document),
  );
}

export async function dropIndexes(call: Call): Promise<Reply> {
  const { args, engine } = call;
  const namespace = checkNamespace(call.database, args.collection());
  const collection = engine.catalog.get(namespace);
  if (collection === undefined) throw storeError('NamespaceNotFound', `ns not found ${namespace}`);
  const wanted = args.values.get('index')!;
  return inTurn(call, collection, async () => {
    const { nIndexesWas, gone } = await engine.environment.write(() => {
      if (!collection.alive) throw storeError('NamespaceNotFound', `ns not found ${namespace}`);
      const before = collection.indexes;
      const dropped = new Set(indexesToDrop(collection, wanted));
      const left = before.filter((index) => !dropped.has(index));
      if (dropped.size > 0) engine.catalog.publish(collection, left);
      return { nIndexesWas: before.length, gone: [...dropped] };
    });
    await engine.catalog.release(gone);
    return { nIndexesWas };
  });
}

function indexesToDrop(collection: Collection, wanted: Raw): Index[] {
  if (wanted.type === bsonType.array) return elementsOf(wanted).flatMap((each) => indexesToDrop(collection, each));
  const droppable = collection.indexes.filter((index) => index.spec.name !== '_id_');
  if (wanted.type === bsonType.string) {
    const name = textOf(wanted);
    if (name === '*') return droppable;
    if (name === '_id_') throw storeError('InvalidOptions', 'cannot drop _id index');
    const found = droppable.find((index) => index.spec.name === name);
    if (found === undefined) throw storeError('IndexNotFound', `index not found with name [${name}]`);
    return [found];
  }
  const found = collection.indexes.find((index) => equalValues(index.spec.key, wanted));
  if (found === undefined) throw storeError('IndexNotFound', `can't find index with key`);
  if (found.spec.name === '_id_') throw storeError('InvalidOptions', 'cannot drop _id index');
  return [found];
}
