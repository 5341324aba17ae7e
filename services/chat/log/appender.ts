// Puts entries into the store, many logs at a time: what waits while an insert is under way goes together in the next.
// Promises that each entry's outcome is told, and that entries of one log are inserted in the order given.

import type { Collection, Document, OptionalUnlessRequiredId } from 'mongodb';
import { inTraces, type Trace, tracesOf } from '../../../mesh/telemetry/trace.ts';
import type { AppendMetrics } from './append-metrics.ts';
import { type InsertOutcome, outcomesOf, stored } from './insert-outcome.ts';

export const appenderLimits = {
  /** Entries of one insert. */
  insertMax: 500,
  /** Inserts of many logs under way at once, of each kind: while one is being stored, the next is encoded. */
  sharedAtOnce: 2,
  /** Logs that go together with several entries each: a sharded store visits their shards one after the other. */
  runsTogether: 16,
  /** Entries that one log inserts at once. */
  runMax: 250,
  /** From so many on a log inserts all that wait, however busy the inserts of single entries are. */
  runFrom: 8,
  /** Inserts of a single log under way at once. */
  aloneAtOnce: 8,
  /** An insert that was not answered in this time has an unknown outcome. */
  insertTimeoutMs: 10_000,
} as const;

type Waiting<Entry> = {
  readonly entries: readonly Entry[];
  /** Of the requests that they come from, where these are traced. */
  readonly traces: readonly Trace[];
  readonly settle: (outcomes: readonly InsertOutcome[]) => void;
};

/** Inserts of one kind. What waits is bounded by the logs' own queues: a log has one insert under way. */
class Lane<Entry> {
  readonly ordered: boolean;
  readonly logsMax: number;
  readonly atOnce: number;
  waiting: Waiting<Entry>[] = [];
  underWay = 0;

  constructor(ordered: boolean, logsMax: number, atOnce: number) {
    this.ordered = ordered;
    this.logsMax = logsMax;
    this.atOnce = atOnce;
  }

  get isIdle(): boolean {
    return this.waiting.length === 0 && this.underWay === 0;
  }

  /** What goes together next: at least one log, whatever it brings. */
  take(): readonly Waiting<Entry>[] {
    let entries = 0;
    const end = this.waiting.findIndex((log, at) => {
      entries += log.entries.length;
      return at === this.logsMax || (at > 0 && entries > appenderLimits.insertMax);
    });
    return this.waiting.splice(0, end === -1 ? this.waiting.length : end);
  }
}

export class Appender<Entry extends Document> {
  readonly #collection: Collection<Entry>;
  readonly #metrics: AppendMetrics;
  /** One entry of each of many logs: whichever fails, the others do not. */
  readonly #singles = new Lane<Entry>(false, appenderLimits.insertMax, appenderLimits.sharedAtOnce);
  /** Several entries of each of some logs, in order. */
  readonly #runs = new Lane<Entry>(true, appenderLimits.runsTogether, appenderLimits.sharedAtOnce);
  /** Logs that must not hold up the others. */
  readonly #alone = new Lane<Entry>(true, 1, appenderLimits.aloneAtOnce);
  #planned = false;

  constructor(collection: Collection<Entry>, metrics: AppendMetrics) {
    this.#collection = collection;
    this.#metrics = metrics;
  }

  /**
   * Inserts entries of one log, in order, up to the first that fails. Never rejects. A log waits for the outcomes
   * before it inserts again. `alone`: in an insert of its own.
   */
  insert(entries: readonly Entry[], alone: boolean, traces: readonly Trace[] = []): Promise<readonly InsertOutcome[]> {
    return new Promise((settle) => {
      const several = entries.length > 1 ? this.#runs : this.#singles;
      (alone ? this.#alone : several).waiting.push({ entries, traces, settle });
      this.#plan();
    });
  }

  /** Whether a log with so many entries waiting does better with all of them than one by one with other logs'. */
  prefersRun(waiting: number): boolean {
    return waiting >= appenderLimits.runFrom || this.#singles.isIdle;
  }

  /** Once in a turn of the event loop, so that what arrives in one turn goes together. */
  #plan(): void {
    if (this.#planned) return;
    this.#planned = true;
    setImmediate(() => {
      this.#planned = false;
      for (const lane of [this.#singles, this.#runs, this.#alone]) this.#start(lane);
    });
  }

  #start(lane: Lane<Entry>): void {
    while (lane.waiting.length > 0 && lane.underWay < lane.atOnce) {
      lane.underWay++;
      void this.#insert(lane, lane.take()).finally(() => {
        lane.underWay--;
        this.#start(lane);
      });
    }
  }

  async #insert(lane: Lane<Entry>, logs: readonly Waiting<Entry>[]): Promise<void> {
    const entries = logs.flatMap((log) => log.entries);
    const outcomes = await this.#store(entries, lane.ordered, tracesOf(logs));
    const behind: Waiting<Entry>[] = [];
    let from = 0;
    for (const log of logs) {
      const own = outcomes.slice(from, from + log.entries.length);
      from += log.entries.length;
      // Another log's entry failed before all of these: they are as good as before, and go with the next insert.
      if (own[0]!.kind === 'untried') behind.push(log);
      else log.settle(own);
    }
    lane.waiting.unshift(...behind);
  }

  async #store(
    entries: readonly Entry[],
    ordered: boolean,
    traces: readonly Trace[],
  ): Promise<readonly InsertOutcome[]> {
    const documents = entries as readonly OptionalUnlessRequiredId<Entry>[];
    const options = { ordered, forceServerObjectId: true, timeoutMS: appenderLimits.insertTimeoutMs };
    try {
      await inTraces(traces, () => this.#collection.insertMany(documents, options));
      this.#metrics.inserted(entries.length, 0);
      return entries.map(() => stored);
    } catch (error) {
      const outcomes = outcomesOf(error, entries.length, ordered);
      this.#metrics.inserted(entries.length, outcomes.filter(({ kind }) => kind === 'unknown').length);
      return outcomes;
    }
  }
}
