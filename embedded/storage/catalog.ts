// Which collections and indexes exist, kept in a tree of its own and in memory. Trees of what is dropped are
// emptied and used again, so a tree's handle never goes away under a reader.
import { randomUUID } from 'node:crypto';
import { encodeDocument } from '../bson/build.ts';
import { elementsOf, fieldOf, type Raw, rawDocument, textOf, truthOf } from '../bson/raw.ts';
import { storeError } from '../errors.ts';
import { type IndexSpec, idIndexSpec, parseIndexSpec } from '../keys/index-spec.ts';
import { parseFilter } from '../query/parse-filter.ts';
import { Collection, type Index } from './collection.ts';
import type { Environment } from './environment.ts';
import type { Tree } from './tree.ts';

/** Indexes of one collection, as in MongoDB. */
export const indexesMax = 64;
/** Trees made in one commit: one flush instead of one for each. */
const treesAtOnce = 16;
const treesKey = Buffer.from('\0trees');
const highest = Buffer.from([0xff]);
const lowest = Buffer.from([1]);
const emptyDocument = rawDocument(Buffer.from([5, 0, 0, 0, 0]));

export class Catalog {
  private readonly environment: Environment;
  private readonly tree: Tree;
  private readonly collections = new Map<string, Collection>();
  private nextTree = 1;
  private freeTrees: string[] = [];

  constructor(environment: Environment) {
    this.environment = environment;
    this.tree = environment.tree('catalog');
    const trees = this.tree.get(treesKey);
    if (trees !== undefined) {
      const next = fieldOf(rawDocument(trees), 'next')!;
      this.nextTree = next.bytes.readInt32LE(next.start);
    }
    for (const [key, value] of this.tree.entries({ from: lowest, to: highest })) {
      this.load(key.toString(), rawDocument(value));
    }
    this.freeTrees = this.unusedTrees();
  }

  get(namespace: string): Collection | undefined {
    return this.collections.get(namespace);
  }

  /** The collections of a database, by name; of all databases without one. */
  list(database?: string): Collection[] {
    const all = [...this.collections.values()];
    if (database === undefined) return all;
    return all.filter((collection) => collection.namespace.startsWith(`${database}.`));
  }

  /** Makes a collection if there is none. */
  create(namespace: string, options: Raw = emptyDocument): Promise<Collection> {
    const existing = this.collections.get(namespace);
    if (existing !== undefined) return Promise.resolve(existing);
    return this.environment.exclusive(() => {
      const raced = this.collections.get(namespace);
      if (raced !== undefined) return raced;
      const uuid = Buffer.from(randomUUID().replaceAll('-', ''), 'hex');
      const collection = this.build(namespace, uuid, options, this.takeTree(), [
        this.buildIndex(idIndexSpec(), this.takeTree()),
      ]);
      return this.environment
        .writeAlone(() => {
          this.environment.onAbort(() => this.collections.delete(namespace));
          this.collections.set(namespace, collection);
          this.save(collection);
        })
        .then(() => collection);
    });
  }

  /** Answers whether there was one. */
  drop(namespace: string): Promise<boolean> {
    return this.environment.exclusive(async () => {
      const collection = this.collections.get(namespace);
      if (collection === undefined) return false;
      const names = treesOf(collection);
      await this.environment.writeAlone(() => {
        this.environment.onAbort(() => {
          collection.alive = true;
          this.collections.set(namespace, collection);
        });
        collection.alive = false;
        this.collections.delete(namespace);
        this.tree.remove(Buffer.from(namespace));
      });
      this.free(names);
      return true;
    });
  }

  /** Makes an empty index tree; the builder fills it and then calls `publish`. */
  prepareIndex(spec: IndexSpec): Promise<Index> {
    return this.environment.exclusive(() => {
      const index = this.buildIndex(spec, this.takeTree());
      return { ...index, builtTo: 0 };
    });
  }

  /** In a write job: the collection's indexes are from now on these. */
  publish(collection: Collection, indexes: Index[]): void {
    const before = collection.indexes;
    this.environment.onAbort(() => {
      collection.indexes = before;
    });
    collection.indexes = indexes;
    this.save(collection);
  }

  /** All trees that no collection holds: also those that a build or a drop had when a crash ended it. */
  private unusedTrees(): string[] {
    const used = new Set(this.list().flatMap(treesOf));
    return Array.from({ length: this.nextTree - 1 }, (_, i) => `t${i + 1}`).filter((name) => !used.has(name));
  }

  /** Gives back the trees of indexes that are published no more. Once for each. */
  release(indexes: readonly Index[]): Promise<void> {
    return this.environment.exclusive(() => this.free(indexes.map((index) => index.treeName)));
  }

  private load(namespace: string, stored: Raw): void {
    const indexes = elementsOf(fieldOf(stored, 'indexes')!).map((index) => {
      const spec = parseIndexSpec(fieldOf(index, 'spec')!);
      const built = this.buildIndex(spec, textOf(fieldOf(index, 'tree')!));
      built.multikey = elementsOf(fieldOf(index, 'multikey')!).map(truthOf);
      built.cut = truthOf(fieldOf(index, 'cut'));
      return built;
    });
    const uuid = fieldOf(stored, 'uuid')!;
    const uuidBytes = Buffer.from(uuid.bytes.subarray(uuid.start + 5, uuid.end));
    const options = fieldOf(stored, 'options')!;
    this.collections.set(
      namespace,
      this.build(namespace, uuidBytes, options, textOf(fieldOf(stored, 'records')!), indexes),
    );
  }

  private build(namespace: string, uuid: Buffer, options: Raw, recordsName: string, indexes: Index[]): Collection {
    const collection: Collection = new Collection({
      namespace,
      uuid,
      options,
      records: this.environment.tree(recordsName),
      recordsName,
      indexes,
      flagsRise: (index, flags) => {
        const before = { multikey: index.multikey, cut: index.cut };
        this.environment.onAbort(() => Object.assign(index, before));
        Object.assign(index, flags);
        this.save(collection);
      },
    });
    return collection;
  }

  private buildIndex(spec: IndexSpec, treeName: string): Index {
    return {
      spec,
      treeName,
      tree: this.environment.tree(treeName),
      multikey: spec.fields.map(() => false),
      cut: false,
      builtTo: Number.POSITIVE_INFINITY,
      ...(spec.partialFilter === undefined ? {} : { filter: parseFilter(spec.partialFilter) }),
    };
  }

  /** Between commits. An index build or a drop that a crash cut short may have left keys in a tree nobody knows of. */
  private takeTree(): string {
    if (this.freeTrees.length === 0) {
      const fresh = Array.from({ length: treesAtOnce }, () => `t${this.nextTree++}`);
      this.environment.openTrees(fresh);
      this.freeTrees = fresh.reverse();
    }
    const name = this.freeTrees.pop()!;
    const tree = this.environment.tree(name);
    if (tree.count() > 0) tree.clear();
    return name;
  }

  /** Between commits: these trees may be used again, but for those that are somebody's. */
  private free(names: readonly string[]): void {
    const unused = new Set(this.unusedTrees());
    const fresh = names.filter((name) => unused.has(name) && !this.freeTrees.includes(name));
    this.freeTrees.push(...fresh);
    for (const name of fresh) this.environment.tree(name).clear();
  }

  /** In a write job. */
  private save(collection: Collection): void {
    if (this.collections.get(collection.namespace) !== collection) return;
    const stored = encodeDocument({
      uuid: binaryOf(collection.uuid),
      options: collection.options,
      records: collection.recordsName,
      indexes: collection.indexes.map((index) => ({
        spec: index.spec.document,
        tree: index.treeName,
        multikey: index.multikey,
        cut: index.cut,
      })),
    });
    this.tree.put(Buffer.from(collection.namespace), stored);
    this.tree.put(treesKey, encodeDocument({ next: this.nextTree }));
  }
}

function treesOf(collection: Collection): string[] {
  return [collection.recordsName, ...collection.indexes.map((index) => index.treeName)];
}

/** A UUID's bytes as a BSON binary of subtype 4. */
export function binaryOf(uuid: Buffer): Raw {
  const bytes = Buffer.concat([Buffer.from([uuid.length, 0, 0, 0, 4]), uuid]);
  return { type: 5, bytes, start: 0, end: bytes.length };
}

/** Splits "database.collection"; throws InvalidNamespace for what is not a name. */
export function checkNamespace(database: string, collection: string): string {
  if (database === '' || /[/\\. "$*<>:|?\0]/.test(database)) {
    throw storeError('InvalidNamespace', `Invalid database name: '${database}'`);
  }
  if (collection === '' || collection.includes('$') || collection.includes('\0') || collection.startsWith('.')) {
    throw storeError('InvalidNamespace', `Invalid collection name: '${collection}'`);
  }
  if (Buffer.byteLength(`${database}.${collection}`) > 255) {
    throw storeError('InvalidNamespace', 'Fully qualified namespace is too long: at most 255 bytes');
  }
  return `${database}.${collection}`;
}
