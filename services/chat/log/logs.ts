// All logs of one kind that are open in this process: opens them, writes their head documents behind, sweeps those
// whose process died, and forgets those that are quiet. `close` leaves nothing unwritten that the store will take.

import type { Document } from 'mongodb';
import { refuse } from '../../../mesh/errors/refuse.ts';
import { appendMetrics } from './append-metrics.ts';
import { Appender } from './appender.ts';
import { GroupedWrites } from './grouped-writes.ts';
import { KeptOpen, openFor } from './kept-open.ts';
import type { HeadDocument, LogGround, LogKind, LogState, StoredEntry } from './log-kind.ts';
import { type LogParts, OpenLog } from './open-log.ts';
import { RecentRequests } from './recent-requests.ts';

export const logsLimits = {
  /** Logs open at once; quiet ones are forgotten, the longest unused first. */
  openMax: 10_000,
  /**
   * A log that was opened longer ago is opened anew once it is quiet: what it knows must not be older than what the log
   * keeps, or it would take a number for free whose entry was removed.
   */
  openMsMax: 86_400_000,
  /** Logs looked at to find a quiet one: opening stays quick when all are busy. */
  forgetLookMax: 100,
  /** Head documents lag behind their logs by so much at most, while the store answers. */
  writeBehindMs: 2_000,
  /** Logs that one sweep looks after. */
  sweepMax: 200,
  sweepAtOnce: 8,
  /** Between two sweeps; half as much again by chance, so that processes do not sweep together. */
  sweepEveryMs: 15_000,
} as const;

export class Logs<State extends LogState, Entry extends StoredEntry, Body extends object> {
  readonly #kind: LogKind<State, Entry, Body>;
  readonly #ground: LogGround;
  readonly #parts: LogParts<State, Entry, Body>;
  /** The longest unused first. */
  readonly #open = new Map<string, OpenLog<State, Entry, Body>>();
  /** Milliseconds since 1970. */
  readonly #openedAt = new WeakMap<OpenLog<State, Entry, Body>, number>();
  #ahead = new Set<OpenLog<State, Entry, Body>>();
  #writeTimer: NodeJS.Timeout | undefined;
  #sweepTimer: NodeJS.Timeout | undefined;
  #underWay: Promise<unknown> = Promise.resolve();
  /** Never rejected. */
  #writing: Promise<void> = Promise.resolve();
  #closed = false;

  constructor(kind: LogKind<State, Entry, Body>, ground: LogGround) {
    this.#kind = kind;
    this.#ground = ground;
    const metrics = appendMetrics(ground.metrics, kind.name);
    this.#parts = {
      kind,
      ground,
      appender: new Appender<Entry & Document>(kind.entries, metrics) as unknown as Appender<Entry>,
      metrics,
      recents: new RecentRequests(),
      keptOpen: new KeptOpen(new GroupedWrites<HeadDocument>(kind.heads), ground.clock),
      ahead: (log) => this.#wroteAhead(log),
    };
    this.#planSweep();
  }

  /** The open log of this key, at once; whether there is one, its `opened` tells. Throws SHUTTING_DOWN. */
  get(key: string, accountKey?: string): OpenLog<State, Entry, Body> {
    if (this.#closed) throw refuse('SHUTTING_DOWN');
    const known = this.#open.get(key);
    this.#open.delete(key);
    if (known !== undefined && !known.isOver && !this.#isStale(known)) {
      this.#open.set(key, known);
      return known;
    }
    const log = new OpenLog(key, accountKey, this.#parts);
    this.#open.set(key, log);
    this.#openedAt.set(log, this.#ground.clock());
    if (this.#open.size > logsLimits.openMax) this.#forgetQuiet();
    return log;
  }

  /** The log if it is open here. */
  peek(key: string): OpenLog<State, Entry, Body> | undefined {
    const log = this.#open.get(key);
    return log?.isOver ? undefined : log;
  }

  /** Writes the head documents of all logs that are ahead of them. Those that fail stay for the next time. */
  writeBehind(): Promise<void> {
    this.#writing = this.#writing.then(() => this.#writeAllBehind());
    return this.#writing;
  }

  /** Looks after logs whose `open_until` is overdue: applies and publishes what stands above their head document. */
  async sweep(): Promise<number> {
    const overdue = new Date(this.#ground.clock() - openFor.overdueMs);
    const heads = await this.#kind.heads
      .find({ open_until: { $lt: overdue } }, { projection: { open_until: 1, account_key: 1 } })
      .sort({ open_until: 1 })
      .limit(logsLimits.sweepMax)
      .toArray();
    const left = [...heads];
    const work = async () => {
      for (let head = left.shift(); head !== undefined && !this.#closed; head = left.shift()) {
        await this.#lookAfter(head);
      }
    };
    await Promise.all(Array.from({ length: logsLimits.sweepAtOnce }, work));
    return heads.length;
  }

  /** Waits for the sweep under way, writes behind, and ends all logs. */
  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#sweepTimer);
    await this.#underWay.catch(() => {});
    await this.writeBehind();
    clearTimeout(this.#writeTimer);
    for (const log of this.#open.values()) log.end(refuse('SHUTTING_DOWN'));
    this.#open.clear();
  }

  async #writeAllBehind(): Promise<void> {
    clearTimeout(this.#writeTimer);
    this.#writeTimer = undefined;
    const ahead = this.#ahead;
    this.#ahead = new Set();
    await Promise.all(
      [...ahead].map((log) =>
        log.writeBehind().catch((error: unknown) => {
          this.#ground.log.warn({ topic: log.key, err: error }, 'a head document could not be written');
          if (!log.isOver) this.#wroteAhead(log);
        }),
      ),
    );
  }

  async #lookAfter(head: HeadDocument): Promise<void> {
    try {
      const log = this.get(head._id, head.account_key);
      if (await log.opened) {
        await log.refresh();
        await log.writeBehind();
      }
      // Under the value read: whoever raised it since keeps the log open.
      const filter = { _id: head._id, account_key: head.account_key, open_until: head.open_until! };
      await this.#kind.heads.updateOne(filter, { $unset: { open_until: 1 } });
    } catch (error) {
      this.#ground.log.warn({ topic: head._id, err: error }, 'an overdue log could not be looked after');
    }
  }

  #wroteAhead(log: OpenLog<State, Entry, Body>): void {
    this.#ahead.add(log);
    if (this.#closed) return;
    this.#writeTimer ??= setTimeout(() => void this.writeBehind(), logsLimits.writeBehindMs).unref();
  }

  #planSweep(): void {
    const waitMs = logsLimits.sweepEveryMs * (1 + Math.random() / 2);
    this.#sweepTimer = setTimeout(() => {
      this.#underWay = this.sweep()
        .catch((error: unknown) => this.#ground.log.warn({ err: error }, 'a sweep of open logs failed'))
        .finally(() => {
          if (!this.#closed) this.#planSweep();
        });
    }, waitMs).unref();
  }

  #isStale(log: OpenLog<State, Entry, Body>): boolean {
    return this.#ground.clock() - this.#openedAt.get(log)! > logsLimits.openMsMax && log.isQuiet;
  }

  #forgetQuiet(): void {
    let looked = 0;
    for (const [key, log] of this.#open) {
      if (this.#open.size <= logsLimits.openMax || ++looked > logsLimits.forgetLookMax) return;
      if (log.isOver || log.isQuiet) this.#open.delete(key);
    }
  }
}
