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

/** By position: what failed, and which upserts met a document that was there. */
type Stored = {
  readonly errors: ReadonlyMap<number, unknown>;
  readonly met: ReadonlySet<number>;
  readonly allApplied: boolean;
};

const none: ReadonlySet<number> = new Set();

export class GroupedWrites<Schema extends Document> {
  readonly #collection: Collection<Schema>;
  /** Bounded by the callers: each waits for its own. */
  #waiting: Waiting<Schema>[] = [];
  #underWay = false;

  constructor(collection: Collection<Schema>) {
    this.#collection = collection;
  }

  /**
   * Resolves when it was applied, or did not apply. An upsert that meets a duplicate key is written once more without
   * inserting: another may have made the document at the same moment, or it is newer. True where it is certain that it
   * was applied: an answer counts only how many of a bulk were.
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
      const met = await this.#settle(batch);
      if (met.length > 0) await this.#settle(met.map(withoutInsert));
    }
    this.#underWay = false;
  }

  /** Answers all but the upserts that met a document: these it returns. */
  async #settle(batch: readonly Waiting<Schema>[]): Promise<readonly Waiting<Schema>[]> {
    const { errors, met, allApplied } = await this.#store(batch);
    batch.forEach(({ done, failed }, at) => {
      if (met.has(at)) return;
      if (errors.has(at)) failed(errors.get(at));
      else done(allApplied);
    });
    return batch.filter((_, at) => met.has(at));
  }

  /** The errors by position. Everything failed where it is not known what did. */
  async #store(batch: readonly Waiting<Schema>[]): Promise<Stored> {
    try {
      const operations = batch.map(({ operation }) => operation);
      const write = () => this.#collection.bulkWrite(operations, { ordered: false });
      const { matchedCount, upsertedCount } = await inTraces(tracesOf(batch), write);
      return { errors: new Map(), met: none, allApplied: matchedCount + upsertedCount === batch.length };
    } catch (error) {
      const failures = error instanceof MongoBulkWriteError ? [error.writeErrors].flat() : [];
      const unconfirmed = error instanceof MongoBulkWriteError && error.result.getWriteConcernError() !== undefined;
      if (failures.length === 0 || unconfirmed)
        return { errors: new Map(batch.map((_, at) => [at, error])), met: none, allApplied: false };
      const met = new Set(failures.filter(({ code }) => code === duplicateKey).map(({ index }) => index));
      for (const at of met) if (!isUpsert(batch[at])) met.delete(at);
      const told = failures.filter(({ index }) => !met.has(index)).map(({ index }) => [index, error] as const);
      return { errors: new Map(told), met, allApplied: false };
    }
  }
}

function isUpsert<Schema extends Document>(waiting: Waiting<Schema> | undefined): boolean {
  return waiting !== undefined && 'updateOne' in waiting.operation && waiting.operation.updateOne.upsert === true;
}

function withoutInsert<Schema extends Document>(waiting: Waiting<Schema>): Waiting<Schema> {
  const { operation } = waiting;
  if (!('updateOne' in operation)) return waiting;
  return { ...waiting, operation: { updateOne: { ...operation.updateOne, upsert: false } } };
}
