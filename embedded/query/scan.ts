// Runs a plan: gives the documents that match, piece by piece. Between two pieces nothing is held open, so a scan
// can wait for the next getMore as long as it likes and sees what has changed meanwhile, as MongoDB's does.
import type { Raw } from '../bson/raw.ts';
import { rawDocument } from '../bson/raw.ts';
import { storeError } from '../errors.ts';
import type { KeyRange, Plan } from '../planner/plan.ts';
import { type Collection, isUnique, recordIdBytes } from '../storage/collection.ts';
import type { Range } from '../storage/tree.ts';
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
    this.walks = walksOf(collection, plan);
    const repeats = plan.kind === 'index' && (plan.index.cut || plan.index.multikey.some(Boolean));
    this.seen = repeats ? new Set() : undefined;
  }

  /** Looks at one piece of at most `most` keys; undefined when the scan has come to its end. */
  piece(most = pieceMax): Found[] | undefined {
    const walk = this.walks[0];
    if (walk === undefined) return undefined;
    if (!this.isThere()) throw planKilled();
    const out: Found[] = [];
    const candidates = walk(most);
    if (candidates === undefined) {
      this.walks.shift();
      return out;
    }
    if (this.plan.kind === 'index') this.counts.keys += candidates.length;
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

  /** A dropped index's tree may already hold another's keys. */
  private isThere(): boolean {
    const { collection, plan } = this;
    return collection.alive && (plan.kind === 'collection' || collection.indexes.includes(plan.index));
  }
}

function planKilled(): Error {
  return storeError('QueryPlanKilled', 'query plan killed: its collection or index was dropped');
}

function tooManySeen(): Error {
  const message = `more than ${seenMax} documents through an index on an array: narrow the filter`;
  return storeError('QueryExceededMemoryLimitNoDiskUseAllowed', message);
}

type Candidate = { readonly key: Buffer; readonly record: number; readonly document?: Raw };
type Read = (range: Range) => readonly Candidate[];
/** Gives the next candidates; undefined at the end. */
type Walk = (most: number) => readonly Candidate[] | undefined;

const everyRecord: KeyRange = { from: Buffer.from([0]), to: Buffer.alloc(recordIdBytes + 1, 0xff) };

function walksOf({ records }: Collection, plan: Plan): Walk[] {
  if (plan.kind === 'collection') {
    const read: Read = (range) =>
      records.entries(range).map(([key, value]) => ({ key, record: recordIn(key, 0), document: rawDocument(value) }));
    return [walkOf(everyRecord, false, read)];
  }
  const { index, reverse } = plan;
  const read: Read = isUnique(index)
    ? (range) => index.tree.entries(range).map(([key, value]) => ({ key, record: recordIn(value, 0) }))
    : (range) => index.tree.keys(range).map((key) => ({ key, record: recordIn(key, key.length - recordIdBytes) }));
  const ranges = reverse ? [...plan.ranges].reverse() : plan.ranges;
  return ranges.map((range) => walkOf(range, reverse, read));
}

function recordIn(bytes: Buffer, at: number): number {
  return bytes.readUIntBE(at, recordIdBytes);
}

const more = Buffer.from([0]);

function walkOf(range: KeyRange, reverse: boolean, read: Read): Walk {
  let { from, to } = range;
  let ended = false;
  return (most) => {
    if (ended) return undefined;
    const candidates = read({ from, to, reverse, limit: most });
    ended = candidates.length < most;
    const last = candidates.at(-1)?.key;
    if (last !== undefined && reverse) to = last;
    else if (last !== undefined) from = Buffer.concat([last, more]);
    return candidates;
  };
}
