// A write to all documents that match: they are found first, without holding anybody up, and then changed a few to
// a commit. As in MongoDB, such a write is not atomic as a whole; each document is.
import type { Raw } from '../bson/raw.ts';
import { StoreError, storeError } from '../errors.ts';
import type { Filter } from '../query/filter.ts';
import { matches } from '../query/match.ts';
import { Scan } from '../query/scan.ts';
import { Turn } from '../query/stream.ts';
import type { Collection } from '../storage/collection.ts';
import type { Call } from './engine.ts';
import { planQuery } from './query-plan.ts';

/** Documents changed in one commit. */
const perCommit = 500;
/** Documents changed by one statement: their numbers are held until the last is found. */
export const recordsMax = 10_000_000;

export type Target = { readonly record: number; readonly document: Raw };

export type ManyDone = { readonly matched: number; readonly modified: number };

/** Runs `change` in write jobs, for each document that matches then, too; it answers whether it changed anything. */
export async function forEachMatch(
  call: Call,
  collection: Collection,
  filter: Filter,
  hint: Raw | undefined,
  change: (target: Target) => boolean,
): Promise<ManyDone> {
  const { engine } = call;
  const scan = new Scan(collection, planQuery(engine, collection, filter, [], hint), filter);
  const records: number[] = [];
  const turn = new Turn(call);
  for (let piece = scan.piece(); piece !== undefined; piece = scan.piece()) {
    for (const { record } of piece) records.push(record);
    if (records.length > recordsMax) throw tooMany();
    await turn.over();
  }
  const sum = { matched: 0, modified: 0 };
  for (let at = 0; at < records.length; at += perCommit) {
    await turn.over();
    const some = records.slice(at, at + perCommit);
    const done = await engine.environment.write(() => changeSome(collection, filter, some, change));
    sum.matched += done.matched;
    sum.modified += done.modified;
    if (done.failure !== undefined) throw done.failure;
  }
  return sum;
}

function tooMany(): Error {
  return storeError(
    'OperationFailed',
    `more than ${recordsMax} documents match: narrow the filter. Nothing was changed`,
  );
}

/** In a write job. What was changed before one that fails stays changed, as in MongoDB. */
function changeSome(
  collection: Collection,
  filter: Filter,
  records: readonly number[],
  change: (target: Target) => boolean,
): ManyDone & { readonly failure?: StoreError } {
  let matched = 0;
  let modified = 0;
  for (const record of collection.alive ? records : []) {
    const document = collection.document(record);
    if (document === undefined || !matches(filter, document)) continue;
    matched++;
    try {
      if (change({ record, document })) modified++;
    } catch (failure) {
      if (failure instanceof StoreError) return { matched, modified, failure };
      throw failure;
    }
  }
  return { matched, modified };
}
