// Guarded updates of documents, many at a time: what waits while a bulk is under way goes together in the next.
// For updates that say themselves under which condition they apply, and that may be repeated.

import { type AnyBulkWriteOperation, type Collection, type Document, MongoBulkWriteError } from 'mongodb';

import { inTraces, type Trace, tracesAround, tracesOf } from '../../../mesh/telemetry/trace.ts';

/** Updates of one bulk. */
const bulkMax = 500;
const duplicateKey = 11000;

type Waiting<Schema extends Document> = {
  readonly operation: AnyBulkWriteOperation<Schema>;
  /** Of the requests that it is written for, where these are traced. */
  readonly traces: readonly Trace[];
  readonly done: (applied: boolean) => void;
  readonly failed: (error: unknown) => void;
};

type Stored = { readonly errors: ReadonlyMap<number, unknown>; readonly allApplied: boolean };

export class GroupedWrites<Schema extends Document> {
  readonly #collection: Collection<Schema>;
  /** Bounded by the callers: each waits for its own. */
  #waiting: Waiting<Schema>[] = [];
  #underWay = false;

  constructor(collection: Collection<Schema>) {
    this.#collection = collection;
  }

  /**
   * Resolves when it was applied, or did not apply; of an upsert, a duplicate key means that there is a newer one. True
   * where it is certain that it was applied: an answer counts only how many of a bulk were.
   */
  write(operation: AnyBulkWriteOperation<Schema>): Promise<boolean> {
    return new Promise((done, failed) => {
      this.#waiting.push({ operation, traces: tracesAround(), done, failed });
      if (this.#underWay) return;
      this.#underWay = true;
      setImmediate(() => void this.#run());
    });
  }

  async #run(): Promise<void> {
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.splice(0, bulkMax);
      const { errors, allApplied } = await this.#store(batch);
      batch.forEach(({ done, failed }, at) => {
        if (errors.has(at)) failed(errors.get(at));
        else done(allApplied);
      });
    }
    this.#underWay = false;
  }

  /** The errors by position. Everything failed where it is not known what did. */
  async #store(batch: readonly Waiting<Schema>[]): Promise<Stored> {
    try {
      const operations = batch.map(({ operation }) => operation);
      const write = () => this.#collection.bulkWrite(operations, { ordered: false });
      const { matchedCount, upsertedCount } = await inTraces(tracesOf(batch), write);
      return { errors: new Map(), allApplied: matchedCount + upsertedCount === batch.length };
    } catch (error) {
      const failures = error instanceof MongoBulkWriteError ? [error.writeErrors].flat() : [];
      const unconfirmed = error instanceof MongoBulkWriteError && error.result.getWriteConcernError() !== undefined;
      if (failures.length === 0 || unconfirmed)
        return { errors: new Map(batch.map((_, at) => [at, error])), allApplied: false };
      const told = failures.filter(({ code }) => code !== duplicateKey).map(({ index }) => [index, error] as const);
      return { errors: new Map(told), allApplied: false };
    }
  }
}
