// A collection: its records, by a number that only grows, and its indexes. Every write keeps both in step, and
// throws before it has written anything or not at all.
import { createHash } from 'node:crypto';
import { bytesOf, type Raw, rawDocument } from '../bson/raw.ts';
import { showValue } from '../bson/show.ts';
import { storeError } from '../errors.ts';
import { indexKeys, keyValues, singleKey } from '../keys/index-keys.ts';
import type { IndexSpec } from '../keys/index-spec.ts';
import type { Filter } from '../query/filter.ts';
import { matches } from '../query/match.ts';
import type { Tree, TreeKey } from './tree.ts';

/** Bytes of an index key that are kept as they are; a longer one ends in a digest of the whole. */
export const indexKeyBytesMax = 1900;
const keptBytes = indexKeyBytesMax - 32;
/** A record's number, in bytes, big-endian. */
export const recordIdBytes = 6;

const aboveRecords = Buffer.alloc(recordIdBytes + 1, 0xff);

export type Index = {
  readonly spec: IndexSpec;
  readonly tree: Tree;
  readonly treeName: string;
  readonly filter?: Filter;
  /** For each field whether any document has an array on its path. Only ever rises. */
  multikey: boolean[];
  /** Some key was cut: the order among such keys is not the values' order. */
  cut: boolean;
  /** The last record a build has reached; what lies above it the build will find. Infinity once built. */
  builtTo: number;
};

type FlagsRise = (index: Index, flags: Partial<Pick<Index, 'multikey' | 'cut'>>) => void;

export type CollectionParts = {
  readonly namespace: string;
  readonly uuid: Buffer;
  readonly options: Raw;
  readonly records: Tree;
  readonly recordsName: string;
  readonly indexes: Index[];
  /** In a write job: raises an index's flags, in memory and on disk. */
  readonly flagsRise: FlagsRise;
};

/** A key as it stands in an index's tree: in one that is not unique, the record's number is behind it. */
type Entry = { readonly index: Index; readonly key: Buffer };

type UseKey = (index: Index, key: TreeKey, record: number, document: Raw) => void;

export class Collection {
  readonly namespace: string;
  readonly uuid: Buffer;
  readonly options: Raw;
  readonly records: Tree;
  readonly recordsName: string;
  indexes: Index[];
  /** An index that is being filled: queries do not see it, writes keep it in step. */
  building: Index | undefined;
  /** The last of the builds and drops of indexes that were asked for: they go one after another. */
  indexWork: Promise<unknown> = Promise.resolve();
  /** False once dropped: whoever still holds it looks the name up again. */
  alive = true;
  private readonly flagsRise: FlagsRise;
  private nextRecord = 0;

  constructor(parts: CollectionParts) {
    this.namespace = parts.namespace;
    this.uuid = parts.uuid;
    this.options = parts.options;
    this.records = parts.records;
    this.recordsName = parts.recordsName;
    this.indexes = parts.indexes;
    this.flagsRise = parts.flagsRise;
  }

  /** In a write job. Throws DuplicateKey and the errors of index keys. */
  insert(document: Raw): void {
    this.insertAll([document]);
  }

  /**
   * In a write job: all of them, or none. Throws as insert does. One tree is done after the other: so the pages that
   * a commit makes anew for a tree lie side by side, and are written together.
   */
  insertAll(documents: readonly Raw[]): void {
    if (this.nextRecord === 0) this.nextRecord = this.lastRecord() + 1;
    const first = this.nextRecord;
    this.enterAll((use) => this.eachKey(this.kept(first), documents, first, use));
    for (const document of documents) this.records.append(recordNow(this.nextRecord++), bytesOf(document));
  }

  /** In a write job. Replaces a record by a document with the same _id. Throws as insert does. */
  replace(record: number, before: Raw, after: Raw): void {
    let gone: Entry[] = [];
    let fresh: Entry[] = [];
    for (const index of this.kept(record)) {
      const [old, next] = [this.keysFor(index, before), this.keysFor(index, after)];
      // Nearly every change leaves nearly every index as it is.
      if (old.length === 1 && next.length === 1 && old[0]!.equals(next[0]!)) continue;
      gone = gone.concat(entriesOf(index, without(old, next), record));
      fresh = fresh.concat(entriesOf(index, without(next, old), record));
    }
    this.enterAll((use) => {
      for (const { index, key } of fresh) use(index, key, record, after);
    });
    this.records.put(recordKey(record), bytesOf(after));
    for (const { index, key } of gone) index.tree.remove(key);
  }

  /** In a write job. */
  remove(record: number, document: Raw): void {
    for (const index of this.kept(record)) {
      for (const { key } of entriesOf(index, this.keysFor(index, document), record)) index.tree.remove(key);
    }
    this.records.remove(recordKey(record));
  }

  document(record: number): Raw | undefined {
    const bytes = this.records.get(recordKey(record));
    return bytes === undefined ? undefined : rawDocument(bytes);
  }

  /** The next records above a number, in order. */
  recordsAfter(record: number, limit: number): { readonly record: number; readonly document: Raw }[] {
    const range = { from: recordKey(record + 1), to: aboveRecords, limit };
    return this.records.entries(range).map(([key, value]) => ({
      record: key.readUIntBE(0, recordIdBytes),
      document: rawDocument(value),
    }));
  }

  count(): number {
    return this.records.count();
  }

  /** In a write job: puts an existing record into a new index. Throws DuplicateKey. */
  addToIndex(index: Index, record: number, document: Raw): void {
    this.enterAll((use) => this.eachKey([index], [document], record, use));
  }

  /** The indexes that hold a record now: all that are built, and those whose build has passed it. */
  private kept(record: number): readonly Index[] {
    if (this.building === undefined || record > this.building.builtTo) return this.indexes;
    return [...this.indexes, this.building];
  }

  private lastRecord(): number {
    return this.records.lastKey()?.readUIntBE(0, recordIdBytes) ?? 0;
  }

  /** The keys a document has in an index, in the form they are stored in. */
  keysFor(index: Index, document: Raw): readonly Buffer[] {
    if (index.filter !== undefined && !matches(index.filter, document)) return [];
    const { keys, multikey } = indexKeys(index.spec, document);
    if (multikey?.some((rose, i) => rose && !index.multikey[i])) {
      this.flagsRise(index, { multikey: index.multikey.map((was, i) => was || multikey[i]!) });
    }
    if (keys.every((key) => key.length <= indexKeyBytesMax)) return keys;
    if (!index.cut) this.flagsRise(index, { cut: true });
    return keys.map(storedKey);
  }

  /** The keys of documents, one index after the other; each is valid until the next. */
  private eachKey(indexes: readonly Index[], documents: readonly Raw[], first: number, use: UseKey): void {
    for (const index of indexes) {
      for (let at = 0; at < documents.length; at++) {
        const document = documents[at]!;
        if (index.filter !== undefined && !matches(index.filter, document)) continue;
        const key = singleKey(index.spec, document);
        if (key === undefined || key.length > indexKeyBytesMax) {
          for (const entry of entriesOf(index, this.keysFor(index, document), first + at))
            use(index, entry.key, first + at, document);
        } else {
          if (!isUnique(index)) key.uint48(first + at);
          use(index, key, first + at, document);
        }
      }
    }
  }

  /** Enters keys into their indexes: all, or none. `each` gives the same keys in the same order at every call. */
  private enterAll(each: (use: UseKey) => void): void {
    let entered = 0;
    try {
      each((index, key, record, document) => {
        this.enter(index, key, record, document);
        entered++;
      });
    } catch (error) {
      each((index, key) => {
        if (entered-- === 0) throw error;
        index.tree.takeBack(key);
      });
      throw error;
    }
  }

  private enter(index: Index, key: TreeKey, record: number, document: Raw): void {
    if (!isUnique(index)) index.tree.put(key);
    else if (!index.tree.putNew(key, recordNow(record))) {
      throw this.duplicate(index, document, Buffer.isBuffer(key) ? key : key.taken());
    }
  }

  private duplicate(index: Index, document: Raw, taken: Buffer): Error {
    const values = keyValues(index.spec, document, (key) => storedKey(key).equals(taken));
    const shown = values.map(([path, value]) => `${path}: ${showValue(value)}`).join(', ');
    const where = `collection: ${this.namespace} index: ${index.spec.name}`;
    return storeError('DuplicateKey', `E11000 duplicate key error ${where} dup key: { ${shown} }`, {
      keyPattern: index.spec.key,
      keyValue: Object.fromEntries(values),
    });
  }
}

export function isUnique(index: Index): boolean {
  return index.spec.unique || index.spec.name === '_id_';
}

export function recordKey(record: number): Buffer {
  const key = Buffer.allocUnsafe(recordIdBytes);
  key.writeUIntBE(record, 0, recordIdBytes);
  return key;
}

const now = Buffer.alloc(recordIdBytes);

/** As recordKey, valid until the next call: a put is done when it returns. */
function recordNow(record: number): Buffer {
  now.writeUIntBE(record, 0, recordIdBytes);
  return now;
}

function without(keys: readonly Buffer[], others: readonly Buffer[]): Buffer[] {
  const left = new Set(others.map((key) => key.toString('latin1')));
  return keys.filter((key) => !left.has(key.toString('latin1')));
}

function entriesOf(index: Index, keys: readonly Buffer[], record: number): Entry[] {
  return keys.map((key) => ({ index, key: treeKey(index, key, record) }));
}

function treeKey(index: Index, key: Buffer, record: number): Buffer {
  return isUnique(index) ? key : Buffer.concat([key, recordKey(record)]);
}

/** The form a key is stored in: as it is, or its beginning and a digest. */
export function storedKey(key: Buffer): Buffer {
  if (key.length <= indexKeyBytesMax) return key;
  return Buffer.concat([key.subarray(0, keptBytes), createHash('sha256').update(key).digest()]);
}

/** A lower bound: as it is, or cut so that no stored key at or above it is lost. */
export function storedBound(key: Buffer): Buffer {
  return key.length <= keptBytes ? key : key.subarray(0, keptBytes);
}

/** The least bytes above every key that begins with these. */
export function abovePrefix(prefix: Buffer): Buffer {
  const out = Buffer.from(storedBound(prefix));
  for (let last = out.length - 1; last >= 0; last--) {
    if (out[last]! < 0xff) {
      out[last]!++;
      return out.subarray(0, last + 1);
    }
  }
  return aboveRecords;
}
