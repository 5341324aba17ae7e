// What the store does by itself, once a minute as MongoDB does: deletes what TTL indexes say has expired, forgets
// idle sessions and cursors.
import { rawOf } from '../bson/build.ts';
import { planIndex } from '../planner/plan.ts';
import { atPath, comparison } from '../query/filter.ts';
import { Scan } from '../query/scan.ts';
import type { Collection, Index } from '../storage/collection.ts';
import type { Engine } from './engine.ts';

/** Time between two sweeps, in milliseconds. */
export const sweepEveryMs = 60_000;
/** Documents deleted in one commit. */
const deletesPerCommit = 500;

export class Upkeep {
  private readonly engine: Engine;
  private readonly timer: NodeJS.Timeout;
  private running: Promise<void> = Promise.resolve();
  private closed = false;

  constructor(engine: Engine) {
    this.engine = engine;
    this.timer = setInterval(() => {
      this.running = this.running.then(() => this.sweep());
    }, sweepEveryMs);
    this.timer.unref();
  }

  private async sweep(): Promise<void> {
    try {
      this.engine.cursors.sweep();
      await this.engine.sessions.sweep();
      await sweepExpired(this.engine, () => this.closed);
    } catch (error) {
      this.engine.log?.({ level: 'error', event: 'store.upkeep', error: String(error) });
    }
  }

  async close(): Promise<void> {
    this.closed = true;
    clearInterval(this.timer);
    await this.running;
  }
}

/** Deletes all documents that have expired by now; answers how many. */
export async function sweepExpired(engine: Engine, stopped: () => boolean = () => false): Promise<number> {
  let deleted = 0;
  for (const collection of engine.catalog.list()) {
    for (const index of collection.indexes) {
      if (index.spec.expireAfterSeconds === undefined) continue;
      for (let more = true; more && !stopped(); ) {
        const count = await engine.environment.write(() => deleteExpired(engine, collection, index));
        deleted += count;
        more = count === deletesPerCommit;
      }
    }
  }
  return deleted;
}

/** In a write job. Of an array of dates the earliest counts (any that is past); what is no date never expires. */
function deleteExpired(engine: Engine, collection: Collection, index: Index): number {
  if (!collection.alive || !collection.indexes.includes(index)) return 0;
  const field = index.spec.fields[0]!;
  const limit = new Date(engine.now().getTime() - index.spec.expireAfterSeconds! * 1000);
  const filter = [atPath(field.path, comparison('lte', rawOf(limit)))];
  const plan = planIndex(index, filter, []);
  const scan = new Scan(collection, plan, filter);
  let deleted = 0;
  for (let piece = scan.piece(); piece !== undefined && deleted < deletesPerCommit; piece = scan.piece()) {
    for (const { record, document } of piece) {
      if (deleted === deletesPerCommit) return deleted;
      collection.remove(record, document);
      deleted++;
    }
  }
  return deleted;
}
