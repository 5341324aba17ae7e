// Keeps `open_until` of the logs that are written ahead: whoever finds it overdue looks after a log whose process died.

import type { Document } from 'mongodb';
import type { GroupedWrites } from './grouped-writes.ts';
import type { HeadDocument } from './log-kind.ts';

export const openFor = {
  /** No acknowledgement leaves unless `open_until` lies at least so far ahead. */
  aheadMs: 30_000,
  /** Raised before it is needed, so that one write serves a burst. */
  raiseBelowMs: 60_000,
  raiseByMs: 120_000,
  /** Logs overdue by so much are swept: more than clocks differ. */
  overdueMs: 60_000,
} as const;

export class KeptOpen {
  readonly #heads: GroupedWrites<HeadDocument>;
  readonly #clock: () => number;

  constructor(heads: GroupedWrites<HeadDocument>, clock: () => number) {
    this.#heads = heads;
    this.#clock = clock;
  }

  /** True while an acknowledgement may leave. */
  isAhead(openUntil: number): boolean {
    return openUntil - this.#clock() >= openFor.aheadMs;
  }

  isLow(openUntil: number): boolean {
    return openUntil - this.#clock() < openFor.raiseBelowMs;
  }

  /** What it is raised to now, in milliseconds since 1970. */
  next(): number {
    return this.#clock() + openFor.raiseByMs;
  }

  /** The new value. `newHead`: what a head document gets that is not there yet. */
  async raise(key: string, accountKey: string, newHead: Document | undefined): Promise<number> {
    const until = this.next();
    await this.#heads.write({
      updateOne: {
        filter: { _id: key, account_key: accountKey },
        update: { $max: { open_until: new Date(until) }, ...(newHead && { $setOnInsert: newHead }) },
        upsert: newHead !== undefined,
      },
    });
    return until;
  }
}
