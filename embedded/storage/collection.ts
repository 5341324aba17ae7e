// A collection: its records, by a number that only grows, and its indexes. Every write keeps both in step, and
// throws before it has written anything or not at all.
import { createHash } from 'node:crypto';
import { type Raw, rawDocument } from '../bson/raw.ts';
import { showValue } from '../bson/show.ts';
import { storeError } from '../errors.ts';
import { indexKeys, keyValues } from '../keys/index-keys.ts';
import type { IndexSpec } from '../keys/index-spec.ts';
import type { Filter } from '../query/filter.ts';
import { matches } from '../query/match.ts';
import type { Tree } from './tree.ts';

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

type Change = { readonly index: Index; readonly gone: readonly Buffer[]; readonly fresh: readonly Buffer[] };

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

  /** In a write job. Throws DuplicateKey and the errors of index keys. Answers the record's number. */
  insert(document: Raw): number {
    if (this.nextRecord === 0) this.nextRecord = this.lastRecord() + 1;
    const record = this.nextRecord;
    const changes = this.kept(record).map(
      (index): Change => ({ index, gone: [], fresh: this.keysFor(index, document) }),
    );
    this.enter(changes, record, document);
    this.records.append(recordKey(record), document.bytes.subarray(document.start, document.end));
    this.nextRecord++;
    return record;
  }

  /** In a write job. Replaces a record by a document with the same _id. Throws as insert does. */
  replace(record: number, before: Raw, after: Raw): void {
    const changes: Change[] = [];
    for (const index of this.kept(record)) {
      const old = this.keysFor(index, before);
      const now = this.keysFor(index, after);
      const fresh = now.filter((key) => !old.some((other) => other.equals(key)));
      const gone = old.filter((key) => !now.some((other) => other.equals(key)));
      if (fresh.length > 0 || gone.length > 0) changes.push({ index, gone, fresh });
    }
    this.enter(changes, record, after);
    this.records.put(recordKey(record), after.bytes.subarray(after.start, after.end));
    for (const change of changes) withdraw(change, record);
  }

  /** In a write job. */
  remove(record: number, document: Raw): void {
    for (const index of this.kept(record)) withdraw({ index, gone: this.keysFor(index, document), fresh: [] }, record);
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
    this.enter([{ index, gone: [], fresh: this.keysFor(index, document) }], record, document);
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

  /** Puts fresh keys into their indexes: unique ones first, and if one is taken, none at all. */
  private enter(changes: readonly Change[], record: number, document: Raw): void {
    const entered: [tree: Tree, key: Buffer][] = [];
    for (const { index, fresh } of changes) {
      if (!isUnique(index)) continue;
      for (const key of fresh) {
        if (index.tree.putNew(key, recordKey(record))) entered.push([index.tree, key]);
        else {
          for (const [tree, back] of entered) tree.takeBack(back);
          throw this.duplicate(index, document, key);
        }
      }
    }
    for (const { index, fresh } of changes) {
      if (!isUnique(index)) for (const key of fresh) index.tree.put(withRecord(key, record));
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

function withdraw({ index, gone }: Change, record: number): void {
  const unique = isUnique(index);
  for (const key of gone) index.tree.remove(unique ? key : withRecord(key, record));
}

export function recordKey(record: number): Buffer {
  const key = Buffer.allocUnsafe(recordIdBytes);
  key.writeUIntBE(record, 0, recordIdBytes);
  return key;
}

function withRecord(key: Buffer, record: number): Buffer {
  const out = Buffer.allocUnsafe(key.length + recordIdBytes);
  key.copy(out);
  out.writeUIntBE(record, key.length, recordIdBytes);
  return out;
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
