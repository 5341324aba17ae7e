// Puts entries into the store, many logs at a time: what waits while an insert is under way goes together in the next.
// Promises that each entry's outcome is told, and that entries of one log are inserted in the order given.

import type { Collection, Document, OptionalUnlessRequiredId } from 'mongodb';
import { inTraces, type Trace, tracesOf } from '../../../mesh/telemetry/trace.ts';
import type { AppendMetrics } from './append-metrics.ts';
import { type InsertOutcome, outcomesOf, stored } from './insert-outcome.ts';

export const appenderLimits = {
  /** Entries of one shared insert. */
  sharedMax: 500,
  /** Shared inserts under way at once: while one is being stored, the next is encoded. */
  sharedAtOnce: 2,
  /** Entries that one log inserts at once. */
  runMax: 250,
  /** From so many on a log has an insert of its own, however busy the shared ones are. */
  runFrom: 8,
  /** Inserts of a single log under way at once. */
  runsAtOnce: 8,
  /** An insert that was not answered in this time has an unknown outcome. */
  insertTimeoutMs: 10_000,
} as const;

type Waiting<Entry> = {
  readonly entries: readonly Entry[];
  /** Of the requests that they come from, where these are traced. */
  readonly traces: readonly Trace[];
  readonly settle: (outcomes: readonly InsertOutcome[]) => void;
};

export class Appender<Entry extends Document> {
  readonly #collection: Collection<Entry>;
  readonly #metrics: AppendMetrics;
  /** One entry of each of many logs. Bounded by the logs' own queues: a log has one insert under way. */
  #shared: Waiting<Entry>[] = [];
  /** Several entries of one log each, or one of a log that must not hold up the others. */
  #runs: Waiting<Entry>[] = [];
  #sharedUnderWay = 0;
  #runsUnderWay = 0;
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
      (alone || entries.length > 1 ? this.#runs : this.#shared).push({ entries, traces, settle });
      this.#plan();
    });
  }

  /** Whether a log with so many entries waiting does better in an insert of its own than one by one with others. */
  prefersRun(waiting: number): boolean {
    return waiting >= appenderLimits.runFrom || (this.#shared.length === 0 && this.#sharedUnderWay === 0);
  }

  /** Once in a turn of the event loop, so that what arrives in one turn goes together. */
  #plan(): void {
    if (this.#planned) return;
    this.#planned = true;
    setImmediate(() => {
      this.#planned = false;
      this.#start();
    });
  }

  #start(): void {
    while (this.#shared.length > 0 && this.#sharedUnderWay < appenderLimits.sharedAtOnce) {
      const batch = this.#shared.splice(0, appenderLimits.sharedMax);
      this.#sharedUnderWay++;
      void this.#insertShared(batch).finally(() => {
        this.#sharedUnderWay--;
        this.#start();
      });
    }
    while (this.#runs.length > 0 && this.#runsUnderWay < appenderLimits.runsAtOnce) {
      const run = this.#runs.shift()!;
      this.#runsUnderWay++;
      void this.#insertRun(run).finally(() => {
        this.#runsUnderWay--;
        this.#start();
      });
    }
  }

  async #insertShared(batch: readonly Waiting<Entry>[]): Promise<void> {
    const outcomes = await this.#store(
      batch.map(({ entries }) => entries[0]!),
      false,
      tracesOf(batch),
    );
    batch.forEach(({ settle }, at) => {
      settle([outcomes[at]!]);
    });
  }

  async #insertRun({ entries, traces, settle }: Waiting<Entry>): Promise<void> {
    settle(await this.#store(entries, true, traces));
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
