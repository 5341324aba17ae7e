// Gathers the changes of one user's rows: the first goes at once, those of the next second go together.

import { mergeChanges } from './row-change.ts';
import type { RowChange } from './user-logs.ts';

export const gatheringLimits = {
  /** How long changes wait for others. */
  windowMs: 1_000,
  /** Rows that one entry changes; further ones go in the next. */
  rowsMax: 100,
} as const;

export type Changes = ReadonlyMap<string, RowChange>;

/** Stores changes as one entry; answers what a waiter is told of its row. */
export type Commit<Outcome> = (changes: Changes) => Promise<(conversationId: string) => Outcome>;

type Waiter<Outcome> = {
  readonly conversationId: string;
  readonly done: (outcome: Outcome) => void;
  readonly failed: (error: unknown) => void;
};

export class Gathering<Outcome> {
  readonly #commit: Commit<Outcome>;
  readonly #quiet: () => void;
  readonly #windowMs: number;
  #changes = new Map<string, RowChange>();
  #waiters: Waiter<Outcome>[] = [];
  #timer: NodeJS.Timeout | undefined;

  /** `quiet` is called when a window has passed without a change. */
  constructor(commit: Commit<Outcome>, quiet: () => void, windowMs: number = gatheringLimits.windowMs) {
    this.#commit = commit;
    this.#quiet = quiet;
    this.#windowMs = windowMs;
  }

  change(conversationId: string, change: RowChange): Promise<Outcome> {
    return new Promise((done, failed) => {
      const before = this.#changes.get(conversationId);
      this.#changes.set(conversationId, before === undefined ? change : mergeChanges(before, change));
      this.#waiters.push({ conversationId, done, failed });
      if (this.#timer === undefined || this.#changes.size >= gatheringLimits.rowsMax) this.#flush();
    });
  }

  /** Stores what waits. */
  close(): void {
    if (this.#changes.size > 0) this.#flush();
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #flush(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#windowOver(), this.#windowMs).unref();
    const changes = this.#changes;
    const waiters = this.#waiters;
    this.#changes = new Map();
    this.#waiters = [];
    void this.#store(changes, waiters);
  }

  #windowOver(): void {
    this.#timer = undefined;
    if (this.#changes.size > 0) this.#flush();
    else this.#quiet();
  }

  async #store(changes: Changes, waiters: readonly Waiter<Outcome>[]): Promise<void> {
    try {
      const outcomeOf = await this.#commit(changes);
      for (const { conversationId, done, failed } of waiters) {
        try {
          done(outcomeOf(conversationId));
        } catch (error) {
          failed(error);
        }
      }
    } catch (error) {
      for (const { failed } of waiters) failed(error);
    }
  }
}
