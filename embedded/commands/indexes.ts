// createIndexes, listIndexes, dropIndexes.
import { Long } from 'bson';
import { rawOf } from '../bson/build.ts';
import { equalValues } from '../bson/order.ts';
import { bsonType, elementsOf, fieldsOf, type Raw, textOf } from '../bson/raw.ts';
import { showValue } from '../bson/show.ts';
import { storeError } from '../errors.ts';
import { type IndexSpec, isIdKey, knownOptions, parseIndexSpec, sameIndex } from '../keys/index-spec.ts';
import { checkPartial } from '../keys/partial-filter.ts';
import { parseFilter } from '../query/parse-filter.ts';
import { expired } from '../query/stream.ts';
import { checkNamespace, indexesMax } from '../storage/catalog.ts';
import type { Collection, Index } from '../storage/collection.ts';
import { sealDocument } from '../update/branch.ts';
import { collectionNamed, mustBeThere } from './collection-named.ts';
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
  const { indexes, namespace } = collectionNamed(call);
  const documents = indexes.map((index) => index.spec.document);
  return cursorReply(Long.ZERO, namespace, 'firstBatch', documents);
}

export function dropIndexes(call: Call): Promise<Reply> {
  const { args, engine } = call;
  const collection = collectionNamed(call);
  const wanted = args.values.get('index')!;
  return inTurn(call, collection, async () => {
    const { nIndexesWas, gone } = await engine.environment.write(() => {
      mustBeThere(collection);
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

/** By name, by key, a list of either, or * for all but that of _id. */
function indexesToDrop({ indexes }: Collection, wanted: Raw): Index[] {
  if (wanted.type === bsonType.string && textOf(wanted) === '*') return indexes.slice(1);
  return (wanted.type === bsonType.array ? elementsOf(wanted) : [wanted]).map((each) => {
    const name = each.type === bsonType.string ? textOf(each) : undefined;
    const found = indexes.find(({ spec }) => (name === undefined ? equalValues(spec.key, each) : spec.name === name));
    if (found === undefined) throw storeError('IndexNotFound', `index not found with name or key ${showValue(each)}`);
    if (found === indexes[0]) throw storeError('InvalidOptions', 'cannot drop _id index');
    return found;
  });
}
