// Open cursors: what find and aggregate have not yet given. Bounded in number and in idle time.
import { randomBytes } from 'node:crypto';
import { Long } from 'bson';
import { storeError } from '../errors.ts';
import type { Batch, Pace } from '../query/stream.ts';

/** Cursors open at once. */
export const cursorsMax = 10_000;
/** A cursor nobody asked is closed after this, as in MongoDB. */
export const cursorIdleMs = 10 * 60_000;
/** Bytes of documents in one batch. */
export const batchBytesMax = 16 * 1024 * 1024;
/** Documents in a first batch, unless said otherwise. */
export const firstBatchDefault = 101;

export type Source = { batch(count: number, bytesMax: number, pace: Pace): Promise<Batch> };

type OpenCursor = { readonly namespace: string; readonly source: Source; usedAt: number; busy: boolean };

export class Cursors {
  private readonly open = new Map<string, OpenCursor>();
  private readonly now: () => number;

  constructor(now: () => number) {
    this.now = now;
  }

  get count(): number {
    return this.open.size;
  }

  add(namespace: string, source: Source): Long {
    this.sweep();
    if (this.open.size >= cursorsMax) throw storeError('OperationFailed', `more than ${cursorsMax} cursors are open`);
    const id = Long.fromBigInt((randomBytes(8).readBigInt64LE() & 0x7fff_ffff_ffff_ffffn) | 1n);
    this.open.set(id.toString(), { namespace, source, usedAt: this.now(), busy: false });
    return id;
  }

  /** The next batch of an open cursor; closes it when that is the last. */
  async next(id: Long, namespace: string, count: number, pace: Pace): Promise<Batch> {
    const key = id.toString();
    const cursor = this.open.get(key);
    if (cursor === undefined) throw storeError('CursorNotFound', `cursor id ${key} not found`);
    if (cursor.namespace !== namespace) {
      throw storeError(
        'Unauthorized',
        `Requested getMore on namespace '${namespace}', but cursor belongs to a different namespace ` +
          cursor.namespace,
      );
    }
    if (cursor.busy) throw storeError('CursorInUse', `cursor id ${key} is already in use`);
    cursor.busy = true;
    try {
      const batch = await cursor.source.batch(count, batchBytesMax, pace);
      if (batch.done) this.open.delete(key);
      return batch;
    } catch (error) {
      this.open.delete(key);
      throw error;
    } finally {
      cursor.busy = false;
      cursor.usedAt = this.now();
    }
  }

  kill(id: Long): boolean {
    return this.open.delete(id.toString());
  }

  /** Closes cursors idle for too long. */
  sweep(): void {
    const before = this.now() - cursorIdleMs;
    for (const [key, cursor] of this.open) if (!cursor.busy && cursor.usedAt < before) this.open.delete(key);
  }
}
