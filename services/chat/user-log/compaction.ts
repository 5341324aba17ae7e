// Keeps users' logs from growing for ever: entries of more than thirty days go, below a floor that is raised first. Any
// number of processes sweep at once, and each may die between any two steps: what is left is done a while later.

import type { Collection } from 'mongodb';
import type { LogGround } from '../log/log-kind.ts';
import type { UserEntry } from './user-entry.ts';
import type { UserLogHead } from './user-kind.ts';

const dayMs = 86_400_000;

export const compactionLimits = {
  /** Entries younger than this stay: a request that is repeated within it finds its first entry. */
  keepMs: 30 * dayMs,
  /** Between two looks at one log, at least. */
  againMs: 7 * dayMs,
  /** A process that took a log and was not heard of since leaves it to the others after this. */
  leaseMs: 600_000,
  /** Logs of one sweep. */
  logsMax: 100,
  /** Entries of one log that one sweep removes. */
  entriesMax: 500,
  /** Between two sweeps; half as much again by chance. The next comes sooner where one found all that it may take. */
  everyMs: 60_000,
  soonMs: 2_000,
} as const;

/** A head that was found by its `compact_at`. */
type DueHead = UserLogHead & { readonly compact_at: Date };

type Parts = {
  readonly entries: Collection<UserEntry>;
  readonly heads: Collection<UserLogHead>;
  readonly ground: LogGround;
};

export class Compaction {
  readonly #parts: Parts;
  #timer: NodeJS.Timeout | undefined;
  #underWay: Promise<unknown> = Promise.resolve();
  #closed = false;

  constructor(parts: Parts) {
    this.#parts = parts;
    this.#plan(compactionLimits.everyMs);
  }

  /** Compacts the logs whose time has come; answers how many those were, at most `logsMax`. */
  async sweep(): Promise<number> {
    const { heads, ground } = this.#parts;
    const due = await heads
      .find<DueHead>({ compact_at: { $lt: new Date(ground.clock()) } })
      .sort({ compact_at: 1 })
      .limit(compactionLimits.logsMax)
      .toArray();
    for (const head of due) {
      if (this.#closed) break;
      try {
        await this.#compact(head);
      } catch (error) {
        ground.log.warn({ userKey: head._id, err: error }, "a user's log could not be compacted; a later sweep does");
      }
    }
    return due.length;
  }

  /** Waits for the sweep under way. */
  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    await this.#underWay;
  }

  async #compact({ _id, account_key, compact_at }: DueHead): Promise<void> {
    const { heads, entries, ground } = this.#parts;
    const now = ground.clock();
    const lease = new Date(now + compactionLimits.leaseMs);
    // Under the value read: of several processes, one takes it.
    const head = await heads.findOneAndUpdate({ _id, account_key, compact_at }, { $set: { compact_at: lease } });
    if (head === null) return;
    const { floor, again } = await this.#floorOf(head, now);
    // Durable before anything goes: whoever finds an entry missing finds out why.
    if (floor > 0) {
      await heads.updateOne({ _id, account_key }, { $max: { floor_seq: floor } });
      await entries.deleteMany({ user_key: _id, account_key, seq: { $lte: floor } });
    }
    await heads.updateOne({ _id, account_key, compact_at: lease }, { $set: { compact_at: new Date(again) } });
  }

  /** Up to where entries may go now, and when to look again. Below `last_seq`: so the highest entry stays. */
  async #floorOf(head: UserLogHead, now: number): Promise<{ readonly floor: number; readonly again: number }> {
    const { keepMs, againMs, entriesMax } = compactionLimits;
    const before = head.floor_seq ?? 0;
    const oldest = await this.#parts.entries
      .find(
        { user_key: head._id, account_key: head.account_key, seq: { $gt: before, $lt: head.last_seq } },
        { projection: { seq: 1, created_at: 1 } },
      )
      .sort({ seq: 1 })
      .limit(entriesMax)
      .toArray();
    // The first young one holds all behind it, whatever the clocks of those who wrote them said.
    const young = oldest.findIndex(({ created_at }) => created_at.getTime() > now - keepMs);
    const floor = (young === -1 ? oldest.at(-1) : oldest[young - 1])?.seq ?? before;
    if (young === -1 && oldest.length === entriesMax) return { floor, again: now };
    const dueAt = (oldest[young]?.created_at.getTime() ?? now) + keepMs;
    return { floor, again: Math.max(dueAt, now + againMs) };
  }

  #plan(afterMs: number): void {
    const waitMs = afterMs * (1 + Math.random() / 2);
    this.#timer = setTimeout(() => {
      this.#underWay = this.#sweepAndPlan();
    }, waitMs).unref();
  }

  async #sweepAndPlan(): Promise<void> {
    const { logsMax, soonMs, everyMs } = compactionLimits;
    let found = 0;
    try {
      found = await this.sweep();
    } catch (error) {
      this.#parts.ground.log.warn({ err: error }, "a sweep of users' logs failed");
    }
    if (!this.#closed) this.#plan(found === logsMax ? soonMs : everyMs);
  }
}
