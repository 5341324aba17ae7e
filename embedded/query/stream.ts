// A query's documents in their final order and form, a batch at a time. Long work gives the event loop back now and
// then, obeys its deadline, and holds at most sortBytesMax of documents in memory.
import type { Raw } from '../bson/raw.ts';
import { storeError } from '../errors.ts';
import type { Plan, SortField } from '../planner/plan.ts';
import type { Collection } from '../storage/collection.ts';
import type { Filter } from './filter.ts';
import type { Projection } from './projection.ts';
import { Scan } from './scan.ts';
import { sortKey } from './sort.ts';

/** Documents a sort without an index may hold, in bytes, as in MongoDB. */
export const sortBytesMax = 100 * 1024 * 1024;
/** Work done at one go, in milliseconds. */
export const sliceMs = 8;

export type StreamParts = {
  readonly collection: Collection;
  readonly plan: Plan;
  readonly filter: Filter;
  readonly sort: readonly SortField[];
  readonly skip: number;
  /** 0: no limit. */
  readonly limit: number;
  readonly projection?: Projection;
};

/** Says when to stop for others and when to stop for good. */
export type Pace = { readonly deadlineMs?: number; readonly signal?: AbortSignal };

export type Batch = { readonly documents: readonly Raw[]; readonly done: boolean };

export class Stream {
  readonly scan: Scan;
  private readonly parts: StreamParts;
  private readonly sorts: boolean;
  private ready: Raw[] = [];
  private readyAt = 0;
  private ended = false;
  private skipped = 0;
  private given = 0;

  constructor(parts: StreamParts) {
    this.parts = parts;
    this.scan = new Scan(parts.collection, parts.plan, parts.filter);
    this.sorts = parts.sort.length > 0 && !parts.plan.sorted;
  }

  /** Up to `count` documents and about `bytesMax` bytes; at least one document, if there is one. */
  async batch(count: number, bytesMax: number, pace: Pace = {}): Promise<Batch> {
    const out: Raw[] = [];
    let bytes = 0;
    while (out.length < count && !this.atLimit()) {
      const buffered = this.readyAt < this.ready.length;
      const next = buffered ? this.ready[this.readyAt] : await this.refill(count - out.length, pace);
      if (next === undefined) return { documents: out, done: true };
      const document = this.parts.projection === undefined ? next : this.parts.projection(next);
      bytes += document.end - document.start;
      if (out.length > 0 && bytes > bytesMax) return { documents: out, done: false };
      this.readyAt++;
      this.given++;
      out.push(document);
    }
    return { documents: out, done: this.atLimit() || (this.ended && this.readyAt >= this.ready.length) };
  }

  private atLimit(): boolean {
    return this.parts.limit > 0 && this.given >= this.parts.limit;
  }

  /** Fetches further documents; answers the first of them, or undefined at the end. */
  private async refill(wanted: number, pace: Pace): Promise<Raw | undefined> {
    if (this.ended) return undefined;
    this.ready = [];
    this.readyAt = 0;
    if (this.sorts) {
      this.ready = await this.sorted(pace);
      this.ended = true;
      return this.ready[0];
    }
    const turn = new Turn(pace);
    while (this.ready.length === 0) {
      const left = this.parts.limit > 0 ? this.parts.limit - this.given + this.parts.skip - this.skipped : wanted;
      const piece = this.scan.piece(Math.max(1, Math.min(left, 256)));
      if (piece === undefined) {
        this.ended = true;
        return undefined;
      }
      for (const { document } of piece) {
        if (this.skipped < this.parts.skip) this.skipped++;
        else this.ready.push(document);
      }
      await turn.over();
    }
    return this.ready[0];
  }

  private async sorted(pace: Pace): Promise<Raw[]> {
    const { sort, skip, limit } = this.parts;
    const rows: { readonly key: Buffer; readonly document: Raw }[] = [];
    const turn = new Turn(pace);
    const keep = limit > 0 ? skip + limit : Number.POSITIVE_INFINITY;
    let bytes = 0;
    const cut = () => {
      rows.sort((a, b) => a.key.compare(b.key));
      for (const gone of rows.splice(Math.min(keep, rows.length))) bytes -= gone.document.end - gone.document.start;
    };
    for (let piece = this.scan.piece(); piece !== undefined; piece = this.scan.piece()) {
      for (const { document } of piece) {
        rows.push({ key: sortKey(sort, document), document });
        bytes += document.end - document.start;
      }
      if (rows.length > 2 * keep + 256 || bytes > sortBytesMax) cut();
      if (bytes > sortBytesMax) throw sortTooLarge();
      await turn.over();
    }
    cut();
    return rows.slice(skip).map((row) => row.document);
  }
}

export function sortTooLarge(): Error {
  return storeError(
    'QueryExceededMemoryLimitNoDiskUseAllowed',
    `Sort exceeded memory limit of ${sortBytesMax} bytes, and there is no sorting on disk. Aborting operation.`,
  );
}

/** Gives the event loop back after each slice of work, and checks the deadline. */
export class Turn {
  private readonly pace: Pace;
  private until = performance.now() + sliceMs;

  constructor(pace: Pace) {
    this.pace = pace;
  }

  /** Throws MaxTimeMSExpired when the deadline has passed, and the signal's reason when it is aborted. */
  async over(): Promise<void> {
    if (performance.now() < this.until) return;
    const { deadlineMs, signal } = this.pace;
    if (deadlineMs !== undefined && performance.now() > deadlineMs) throw expired();
    signal?.throwIfAborted();
    await new Promise<void>((resolve) => setImmediate(resolve));
    this.until = performance.now() + sliceMs;
  }
}

export function expired(): Error {
  return storeError('MaxTimeMSExpired', 'operation exceeded time limit');
}
