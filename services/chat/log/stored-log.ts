// One log as the store has it: its entries above a number, and what became of a request. Reads go to the primary;
// what others wrote a moment ago is read at local concern, and counts once a majority has it.

import type { Document, Filter, WithId } from 'mongodb';
import { refuse } from '../../../mesh/errors/refuse.ts';
import type { LogKind, LogState, StoredEntry } from './log-kind.ts';
import { pauseBefore } from './pause.ts';

export type Concern = 'local' | 'majority';

/** Entries of one read. */
const pageMax = 200;
/** How often a majority is asked for what the primary has; with pauses between, some seconds. */
const confirmTries = 8;
const retryAfterMs = 1_000;

export class StoredLog<State extends LogState, Entry extends StoredEntry, Body extends object> {
  readonly #kind: LogKind<State, Entry, Body>;
  readonly #key: string;
  readonly #signal: AbortSignal;
  /** Of the log, once it is known. */
  #accountKey = '';

  constructor(kind: LogKind<State, Entry, Body>, key: string, signal: AbortSignal) {
    this.#kind = kind;
    this.#key = key;
    this.#signal = signal;
  }

  /** Said once, when the log was found. */
  belongsTo(accountKey: string): void {
    this.#accountKey = accountKey;
  }

  /**
   * The next entries above `seq`, at most a page, all on a majority. Throws STORE_UNAVAILABLE when that takes too long.
   */
  async above(seq: number, concern: Concern): Promise<readonly Entry[]> {
    for (let attempt = 1; attempt <= confirmTries; attempt++) {
      const page = await this.#find({ seq: { $gt: seq } }, concern, pageMax);
      const last = page.at(-1);
      if (last === undefined || concern === 'majority') return this.#unbroken(seq, page);
      const [confirmed] = await this.#find({ seq: last.seq }, 'majority', 1);
      if (confirmed?._id === last._id) return this.#unbroken(seq, page);
      await pauseBefore(attempt, this.#signal);
    }
    throw refuse('STORE_UNAVAILABLE', { retryAfterMs });
  }

  /** The entry of a request, once a majority has it; `undefined` where the primary has none. */
  async ofRequest(senderKey: string, requestId: string): Promise<Entry | undefined> {
    const filter = { sender_key: senderKey, request_id: requestId };
    for (let attempt = 1; attempt <= confirmTries; attempt++) {
      const [seen] = await this.#find(filter, 'local', 1);
      if (seen === undefined) return undefined;
      const [confirmed] = await this.#find(filter, 'majority', 1);
      if (confirmed?._id === seen._id) return confirmed;
      await pauseBefore(attempt, this.#signal);
    }
    throw refuse('STORE_UNAVAILABLE', { retryAfterMs });
  }

  async #find(filter: Document, concern: Concern, limit: number): Promise<readonly Entry[]> {
    const { entries, keyField } = this.#kind;
    const whole = { [keyField]: this.#key, account_key: this.#accountKey, ...filter } as Filter<Entry & Document>;
    const cursor = entries.find(whole, { readConcern: { level: concern }, limit, singleBatch: true });
    if (limit > 1) cursor.sort({ seq: 1 });
    const found: readonly WithId<Entry & Document>[] = await cursor.toArray();
    return found as readonly unknown[] as readonly Entry[];
  }

  /** Every number is there, or the log is broken and nothing may be built on it. */
  #unbroken(seq: number, page: readonly Entry[]): readonly Entry[] {
    const broken = page.findIndex((entry, at) => entry.seq !== seq + 1 + at);
    if (broken === -1) return page;
    throw new Error(`The ${this.#kind.name} log ${this.#key} lacks entry ${seq + 1 + broken}.`);
  }
}
