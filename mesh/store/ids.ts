// Ids of ours: 12 digits, from blocks taken atomically, passed through a keyed permutation so that they can't be
// counted.

import type { Db } from 'mongodb';
import type { Collection } from './collection.ts';
import { permute } from './permutation.ts';

export type IdSource = {
  /** The next id of a family such as `conversation`; waits only when a block is used up. */
  next(family: string, signal?: AbortSignal): Promise<string>;
};

export type IdOptions = {
  readonly db: Db;
  /** Keys the permutation. A deployment keeps it for ever: another key could give an id a second time. */
  readonly key: string;
  /** Ids that one visit to the database reserves; those of a process that ends are never given out. */
  readonly blockSize?: number;
};

type Counter = { readonly _id: string; readonly next: number };

export const counters: Collection = {
  name: 'counters',
  purpose: 'How many ids of each family were reserved.',
  indexes: [],
  shardKey: { _id: 1 },
};

const defaultBlockSize = 1_000;
/** A new block is asked for when this share of the last one is left, so that nobody waits for it. */
const refillShare = 0.25;
const familiesMax = 100;

export function openIds(options: IdOptions): IdSource {
  const families = new Map<string, Family>();
  return {
    async next(family, signal) {
      let source = families.get(family);
      if (source === undefined) {
        if (families.size >= familiesMax)
          throw new Error(`More than ${familiesMax} families of ids: is ${family} one?`);
        source = new Family(family, options);
        families.set(family, source);
      }
      return source.next(signal);
    },
  };
}

class Family {
  readonly #name: string;
  readonly #options: IdOptions;
  readonly #blockSize: number;
  /** Reserved, in reverse: taken from the end. */
  #reserved: string[] = [];
  #refill: Promise<void> | undefined;

  constructor(name: string, options: IdOptions) {
    this.#name = name;
    this.#options = options;
    this.#blockSize = options.blockSize ?? defaultBlockSize;
  }

  async next(signal: AbortSignal | undefined): Promise<string> {
    for (;;) {
      signal?.throwIfAborted();
      const id = this.#reserved.pop();
      if (id !== undefined) {
        // A failure ahead of need is not told: whoever needs the block asks again, and is told.
        if (this.#reserved.length < this.#blockSize * refillShare) this.#ensureRefill().catch(() => {});
        return id;
      }
      await unlessAborted(this.#ensureRefill(), signal);
    }
  }

  #ensureRefill(): Promise<void> {
    this.#refill ??= this.#takeBlock().finally(() => {
      this.#refill = undefined;
    });
    return this.#refill;
  }

  async #takeBlock(): Promise<void> {
    const { db, key } = this.#options;
    const counter = await db
      .collection<Counter>(counters.name)
      .findOneAndUpdate(
        { _id: this.#name },
        { $inc: { next: this.#blockSize } },
        { upsert: true, returnDocument: 'after', writeConcern: { w: 'majority', journal: true } },
      );
    if (counter === null) throw new Error(`No block of ${this.#name} ids could be taken.`);
    const block = permute(key, this.#name, counter.next - this.#blockSize, this.#blockSize);
    const ids = block.map((number) => String(number).padStart(12, '0')).reverse();
    this.#reserved = [...ids, ...this.#reserved];
  }
}

/** Gives up waiting, not the work: the block that is on its way serves whoever asks next. */
async function unlessAborted(work: Promise<void>, signal: AbortSignal | undefined): Promise<void> {
  if (signal === undefined) return work;
  let stop = () => {};
  const aborted = new Promise<never>((_, reject) => {
    stop = () => reject(signal.reason);
    signal.addEventListener('abort', stop, { once: true });
  });
  try {
    await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}
