// Export and import in mongodump's layout: a folder per database, and per collection a `.bson` file of its documents
// and a `.metadata.json` of its indexes. So `mongorestore` moves the data to a MongoDB, and mongodump's comes here.
import { createHash } from 'node:crypto';
import {
  closeSync,
  createReadStream,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { EJSON } from 'bson';
import { jsOf, rawOf } from '../bson/build.ts';
import { bytesOf, fieldsOf, rawDocument } from '../bson/raw.ts';
import { refuseOptions } from '../commands/collections.ts';
import { withId } from '../commands/insert.ts';
import { type IndexSpec, parseIndexSpec } from '../keys/index-spec.ts';
import { type Catalog, checkNamespace } from '../storage/catalog.ts';
import type { Collection } from '../storage/collection.ts';
import { documentBytesMax } from '../update/apply-update.ts';
import { checkDocument } from '../wire/check-document.ts';
import { type Offline, openOffline } from './offline.ts';

export type Dumped = { readonly collections: number; readonly documents: number };

const pieceSize = 1000;

/** Throws if the folder already holds a file of the same name. */
export async function exportData(dataDir: string, folder: string): Promise<Dumped> {
  const offline = openOffline(dataDir);
  try {
    let documents = 0;
    const collections = offline.catalog.list();
    for (const collection of collections) documents += exportCollection(collection, folder);
    return { collections: collections.length, documents };
  } finally {
    await offline.close();
  }
}

function exportCollection(collection: Collection, folder: string): number {
  const [database, name] = splitNamespace(collection.namespace);
  mkdirSync(join(folder, database), { recursive: true });
  const base = join(folder, database, fileNameOf(name));
  const file = openSync(`${base}.bson`, 'wx');
  let documents = 0;
  for (let record = 0; ; ) {
    const piece = collection.recordsAfter(record, pieceSize);
    if (piece.length === 0) break;
    writeWhole(file, Buffer.concat(piece.map(({ document }) => bytesOf(document))));
    documents += piece.length;
    record = piece.at(-1)!.record;
  }
  fsyncSync(file);
  closeSync(file);
  const metadata = {
    options: jsOf(collection.options),
    indexes: collection.indexes.map((index) => jsOf(index.spec.document, { promote: false })),
    uuid: collection.uuid.toString('hex'),
    collectionName: name,
    type: 'collection',
  };
  writeFileSync(`${base}.metadata.json`, EJSON.stringify(metadata, { relaxed: false }), { flag: 'wx' });
  return documents;
}

/** A disk with little room takes a part, and throws only at the next write. */
function writeWhole(file: number, bytes: Buffer): void {
  for (let at = 0; at < bytes.length; ) at += writeSync(file, bytes, at);
}

/** As mongodump names a file: escaped as in a query, and too long a name cut, with its digest behind. */
function fileNameOf(name: string): string {
  const escaped = new URLSearchParams([['', name]]).toString().slice(1).replaceAll('*', '%2A').replaceAll('%7E', '~');
  if (escaped.length <= 238) return escaped;
  return `${escaped.slice(0, 208)}%24${createHash('sha1').update(name).digest('base64url')}`;
}

function splitNamespace(namespace: string): [database: string, name: string] {
  const at = namespace.indexOf('.');
  return [namespace.slice(0, at), namespace.slice(at + 1)];
}

/** Of a MongoDB's own databases (its users, its version, its chunks) nothing is for this store. */
const notForUs: ReadonlySet<string> = new Set(['admin', 'config', 'local']);

/** Adds a dump's documents and indexes to a store, made if there is none. What cannot be kept is refused first. */
export async function importData(dataDir: string, folder: string): Promise<Dumped> {
  const found = collectionsIn(folder);
  mkdirSync(dataDir, { recursive: true });
  const offline = openOffline(dataDir, { create: true });
  let documents = 0;
  try {
    for (const each of found) documents += await importCollection(offline, each);
    return { collections: found.length, documents };
  } finally {
    await offline.close();
  }
}

type Found = { readonly namespace: string; readonly path: string; readonly indexes: readonly IndexSpec[] };

/** Throws where there is one that this store could not keep as it was. */
function collectionsIn(folder: string): Found[] {
  const databases = readdirSync(folder, { withFileTypes: true }).filter((each) => each.isDirectory());
  return databases
    .filter(({ name }) => !notForUs.has(name))
    .flatMap(({ name: database }) => {
      const files = readdirSync(join(folder, database));
      for (const file of files) {
        if (file.endsWith('.gz')) throw new Error(`${file} is compressed: gunzip it first`);
        if (file.endsWith('.metadata.json') && !files.includes(file.replace(/metadata\.json$/, 'bson')))
          throw new Error(`${file} has no documents beside it: a view, which this store does not keep`);
      }
      const bson = files.filter((file) => file.endsWith('.bson'));
      return bson.map((file) => collectionIn(database, join(folder, database, file)));
    });
}

type Metadata = {
  readonly collectionName?: string;
  readonly type?: string;
  readonly options?: object;
  readonly indexes?: readonly object[];
};

function collectionIn(database: string, path: string): Found {
  const metadataPath = path.replace(/\.bson$/, '.metadata.json');
  const metadata: Metadata = existsSync(metadataPath)
    ? EJSON.parse(readFileSync(metadataPath, 'utf8'), { relaxed: false })
    : {};
  const { collectionName, indexes = [], options = {}, type = 'collection' } = metadata;
  if (type !== 'collection') throw new Error(`${path} is a ${type}, which this store does not keep`);
  refuseOptions(new Map(fieldsOf(rawOf(options))));
  const name = collectionName ?? decodeURIComponent(basename(path, '.bson').replaceAll('+', ' '));
  return { namespace: checkNamespace(database, name), path, indexes: indexes.map(indexSpecOf) };
}

function indexSpecOf(document: object): IndexSpec {
  const { ns: _, ...kept } = document as { ns?: string };
  return parseIndexSpec(rawOf(kept));
}

async function importCollection({ catalog, environment }: Offline, { namespace, path, indexes }: Found) {
  const collection = await catalog.create(namespace);
  await importIndexes(environment, catalog, collection, indexes);
  let documents = 0;
  let rest = Buffer.alloc(0);
  for await (const chunk of createReadStream(path)) {
    rest = Buffer.concat([rest, chunk as Buffer]);
    const whole: Buffer[] = [];
    let at = 0;
    while (rest.length - at >= 4 && rest.length - at >= lengthAt(rest, at)) {
      const end = at + lengthAt(rest, at);
      checkDocument(rest, at, end);
      whole.push(rest.subarray(at, end));
      at = end;
    }
    await environment.write(() => {
      for (const document of whole) collection.insert(withId(rawDocument(document)));
    });
    documents += whole.length;
    rest = rest.subarray(at);
  }
  if (rest.length > 0) throw new Error(`${path} ends within a document`);
  return documents;
}

function lengthAt(bytes: Buffer, at: number): number {
  const length = bytes.readInt32LE(at);
  if (length < 5 || length > documentBytesMax) throw new Error(`a document cannot be ${length} bytes long`);
  return length;
}

async function importIndexes(
  environment: Offline['environment'],
  catalog: Catalog,
  collection: Collection,
  indexes: readonly IndexSpec[],
): Promise<void> {
  for (const spec of indexes) {
    if (collection.indexes.some((index) => index.spec.name === spec.name)) continue;
    if (collection.count() > 0) throw new Error(`${collection.namespace} has documents: import its indexes first`);
    const index = await catalog.prepareIndex(spec);
    index.builtTo = Number.POSITIVE_INFINITY;
    await environment.write(() => catalog.publish(collection, [...collection.indexes, index]));
  }
}
