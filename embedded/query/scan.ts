// Runs a plan: gives the documents that match, piece by piece. Between two pieces nothing is held open, so a scan
// can wait for the next getMore as long as it likes and sees what has changed meanwhile, as MongoDB's does.
import type { Raw } from '../bson/raw.ts';
import { rawDocument } from '../bson/raw.ts';
import { storeError } from '../errors.ts';
import type { IndexPlan, Plan } from '../planner/plan.ts';
import { type Collection, isUnique, recordIdBytes } from '../storage/collection.ts';
import type { Filter } from './filter.ts';
import { matches } from './match.ts';

export type Found = { readonly record: number; readonly document: Raw };

/** Keys or documents looked at in one piece. */
export const pieceMax = 256;
/** Records a scan through a multikey index or a union remembers as seen. */
export const seenMax = 10_000_000;

export type ScanCounts = { keys: number; documents: number };

export class Scan {
  readonly counts: ScanCounts = { keys: 0, documents: 0 };
  private readonly collection: Collection;
  private readonly filter: Filter;
  private readonly plan: Plan;
  private readonly walks: Walk[];
  private readonly seen: Set<number> | undefined;

  constructor(collection: Collection, plan: Plan, filter: Filter) {
    this.collection = collection;
    this.filter = filter;
    this.plan = plan;
    this.walks = walksOf(collection, plan, this.counts);
    const repeats =
      plan.kind === 'union' || (plan.kind === 'index' && (plan.index.cut || plan.index.multikey.some(Boolean)));
    this.seen = repeats ? new Set() : undefined;
  }

  /** Looks at one piece of at most `most` keys; undefined when the scan has come to its end. */
  piece(most = pieceMax): Found[] | undefined {
    const walk = this.walks[0];
    if (walk === undefined) return undefined;
    if (!this.collection.alive || !indexesAreThere(this.collection, this.plan)) throw planKilled();
    const out: Found[] = [];
    const candidates = walk(most);
    if (candidates === undefined) {
      this.walks.shift();
      return out;
    }
    for (const { record, document } of candidates) {
      if (this.seen?.has(record)) continue;
      const found = document ?? this.collection.document(record);
      if (found === undefined) continue;
      this.counts.documents++;
      if (!matches(this.filter, found)) continue;
      if (this.seen !== undefined && this.seen.add(record).size > seenMax) throw tooManySeen();
      out.push({ record, document: found });
    }
    return out;
  }
}

/** A dropped index's tree may already hold another's keys. */
function indexesAreThere(collection: Collection, plan: Plan): boolean {
  if (plan.kind === 'union') return plan.plans.every((each) => indexesAreThere(collection, each));
  return plan.kind === 'collection' || collection.indexes.includes(plan.index);
}

function planKilled(): Error {
  return storeError('QueryPlanKilled', 'query plan killed: its collection or index was dropped');
}

function tooManySeen(): Error {
  const message = `more than ${seenMax} documents through an index on an array: narrow the filter`;
  return storeError('QueryExceededMemoryLimitNoDiskUseAllowed', message);
}

type Candidate = { readonly record: number; readonly document?: Raw };
/** Gives the next candidates; undefined at the end. */
type Walk = (most: number) => readonly Candidate[] | undefined;

function walksOf(collection: Collection, plan: Plan, counts: ScanCounts): Walk[] {
  switch (plan.kind) {
    case 'union':
      return plan.plans.flatMap((each) => walksOf(collection, each, counts));
    case 'collection':
      return [walkRecords(collection, plan.reverse)];
    case 'index': {
      const ranges = plan.reverse ? [...plan.ranges].reverse() : plan.ranges;
      return ranges.map(({ from, to }) => walkIndex(plan, from, to, counts));
    }
  }
}

const lowest: Buffer = Buffer.from([0]);
const highest: Buffer = Buffer.alloc(recordIdBytes + 1, 0xff);
const more = Buffer.from([0]);

function walkRecords(collection: Collection, reverse: boolean): Walk {
  let from: Buffer = lowest;
  let to = highest;
  let ended = false;
  return (most) => {
    if (ended) return undefined;
    const entries = collection.records.entries({ from, to, reverse, limit: most });
    ended = entries.length < most;
    const last = entries.at(-1)?.[0];
    if (last !== undefined) {
      if (reverse) to = last;
      else from = Buffer.concat([last, more]);
    }
    return entries.map(([key, value]) => ({ record: key.readUIntBE(0, recordIdBytes), document: rawDocument(value) }));
  };
}

function walkIndex(plan: IndexPlan, start: Buffer, end: Buffer, counts: ScanCounts): Walk {
  const { tree } = plan.index;
  const unique = isUnique(plan.index);
  let from: Buffer = start;
  let to = end;
  let ended = false;
  const move = (last: Buffer | undefined, count: number, most: number) => {
    counts.keys += count;
    ended = count < most;
    if (last === undefined) return;
    if (plan.reverse) to = last;
    else from = Buffer.concat([last, more]);
  };
  return (most) => {
    if (ended) return undefined;
    const range = { from, to, reverse: plan.reverse, limit: most };
    if (unique) {
      const entries = tree.entries(range);
      move(entries.at(-1)?.[0], entries.length, most);
      return entries.map(([, value]) => ({ record: value.readUIntBE(0, recordIdBytes) }));
    }
    const keys = tree.keys(range);
    move(keys.at(-1), keys.length, most);
    return keys.map((key) => ({ record: key.readUIntBE(key.length - recordIdBytes, recordIdBytes) }));
  };
}
