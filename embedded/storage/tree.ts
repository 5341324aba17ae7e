// One ordered tree of bytes in LMDB. Inside a write job it reads what the job wrote; outside, what is committed.
import type { Database } from 'lmdb';
import type { KeyWriter } from '../bson/order.ts';

/** A key to put: bytes of its own, or what a writer holds now. */
export type TreeKey = Buffer | KeyWriter;

export type Entry = readonly [key: Buffer, value: Buffer];

export type Range = {
  /** First key, inclusive. */
  readonly from: Buffer;
  /** End, exclusive. */
  readonly to: Buffer;
  readonly reverse?: boolean;
  readonly limit?: number;
};

/** What a put inside a transaction answers: not a promise to wait for, but done already. */
type Done = { readonly result: boolean };
type Store = Database<Buffer, Buffer>;

/** How lmdb is given a key, and gives one. A writer's bytes are copied one by one: a view of them would cost more. */
export const keyEncoder = {
  writeKey(key: TreeKey, target: Buffer, start: number): number {
    if (Buffer.isBuffer(key)) {
      target.set(key, start);
      return start + key.length;
    }
    const { bytes, length } = key;
    for (let i = 0; i < length; i++) target[start + i] = bytes[i]!;
    return start + length;
  },
  readKey: (source: Buffer, start: number, end: number): Buffer => Buffer.from(source.subarray(start, end)),
};

const below = Buffer.from([0]);
const nothing = Buffer.alloc(0);
const asNew = { noOverwrite: true } as never;
const atEnd = { append: true } as never;

export class Tree {
  private readonly database: Store;
  /** Counts this job's changes, so that one that fails half-way is known. */
  private readonly counts: (change: 1 | -1) => void;

  constructor(database: Store, counts: (change: 1 | -1) => void) {
    this.database = database;
    this.counts = counts;
  }

  get(key: Buffer): Buffer | undefined {
    return this.database.getBinary(key);
  }

  has(key: Buffer): boolean {
    return this.database.doesExist(key);
  }

  put(key: TreeKey, value: Buffer = nothing): void {
    this.counts(1);
    this.database.put(key as Buffer, value);
  }

  /** Puts a key that must not be there; answers whether it was not. */
  putNew(key: TreeKey, value: Buffer): boolean {
    const { result } = this.database.put(key as Buffer, value, asNew) as unknown as Done;
    if (result) this.counts(1);
    return result;
  }

  /** As put, for a key above all others: fills pages instead of halving them. */
  append(key: Buffer, value: Buffer): void {
    this.counts(1);
    const { result } = this.database.put(key as Buffer, value, atEnd) as unknown as Done;
    if (!result) throw new Error('a record was appended below the last one');
  }

  remove(key: Buffer): void {
    this.counts(1);
    this.database.remove(key);
  }

  /** Removes what this very job has put. */
  takeBack(key: TreeKey): void {
    this.database.remove(key as Buffer);
    this.counts(-1);
  }

  /** At most `limit` entries, read at once. */
  entries(range: Range): Entry[] {
    const out: Entry[] = [];
    for (const { key, value } of this.database.getRange(lmdbRange(range))) {
      if (!(range.reverse && range.to.equals(key))) out.push([key, value]);
    }
    return cutTo(out, range.limit);
  }

  keys(range: Range): Buffer[] {
    const out: Buffer[] = [];
    for (const key of this.database.getKeys(lmdbRange(range)))
      if (!(range.reverse && range.to.equals(key))) out.push(key);
    return cutTo(out, range.limit);
  }

  lastKey(): Buffer | undefined {
    for (const key of this.database.getKeys({ reverse: true, limit: 1, end: below } as never)) return key as Buffer;
    return undefined;
  }

  count(): number {
    return (this.database.getStats() as { entryCount: number }).entryCount;
  }

  /** Empties the tree. Only between jobs. */
  clear(): void {
    this.database.clearSync();
  }
}

function cutTo<T>(found: T[], limit: number | undefined): T[] {
  if (limit !== undefined && found.length > limit) found.length = limit;
  return found;
}

/** LMDB goes backwards from its start, which is inclusive (so one more is asked for), to its end. */
function lmdbRange(range: Range): object {
  const limit = range.limit === undefined ? {} : { limit: range.limit + (range.reverse ? 1 : 0) };
  if (!range.reverse) return { start: range.from, end: range.to, ...limit };
  const end = range.from.length === 0 ? below : range.from;
  return { start: range.to, end, inclusiveEnd: true, reverse: true, ...limit };
}
