// The one document that an update, a delete or a findAndModify is for. A commit looks only briefly, for all other
// writers wait for it: a longer search goes before it, and what that found is looked at again in the commit.
import type { Raw } from '../bson/raw.ts';
import type { SortField } from '../planner/plan.ts';
import type { Filter } from '../query/filter.ts';
import { matches } from '../query/match.ts';
import { Scan } from '../query/scan.ts';
import { sortKey } from '../query/sort.ts';
import { Turn } from '../query/stream.ts';
import type { Collection } from '../storage/collection.ts';
import type { Call, Engine } from './engine.ts';
import { planQuery } from './query-plan.ts';

/** Documents that the statements of one job may look at in vain. */
export const missesMax = 256;

export type Query = { readonly filter: Filter; readonly sort: readonly SortField[]; readonly hint: Raw | undefined };

/** What a search found: a record and the key it was chosen by, or that there is none. */
export type Found = { readonly record?: number; readonly key?: Buffer };

/** A job's answer when it needs a search first. */
export type Wanted = { readonly wanted: Query };

export function isWanted(answer: object): answer is Wanted {
  return 'wanted' in answer;
}

/** How many documents a job may still look at in vain. */
export type Patience = { left: number };

/** In a write job: the record a query is for; undefined for none. */
export function target(
  engine: Engine,
  collection: Collection,
  query: Query,
  patience: Patience,
  found?: Found,
): number | undefined | Wanted {
  if (found !== undefined) return stillThere(collection, query, found) ? found.record : { wanted: query };
  const choice = new Choice(engine, collection, query);
  while (choice.look(Math.min(patience.left + 1, choice.looked * 4 + 1))) {
    if (choice.looked > patience.left) return { wanted: query };
  }
  patience.left -= Math.max(0, choice.looked - 1);
  return choice.found.record;
}

/** Before a commit: lets others in between, and obeys the deadline. */
export async function search(call: Call, collection: Collection, query: Query): Promise<Found> {
  const choice = new Choice(call.engine, collection, query);
  const turn = new Turn(call);
  while (choice.look()) await turn.over();
  return choice.found;
}

function stillThere(collection: Collection, { filter, sort }: Query, { record, key }: Found): boolean {
  if (record === undefined) return true;
  const document = collection.document(record);
  if (document === undefined || !matches(filter, document)) return false;
  return key === undefined || sortKey(sort, document).equals(key);
}

/** The first document of a query in its sort, as far as it was looked for. */
class Choice {
  found: Found = {};
  private readonly scan: Scan;
  private readonly sort: readonly SortField[];

  constructor(engine: Engine, collection: Collection, { filter, sort, hint }: Query) {
    const plan = planQuery(engine, collection, filter, sort, hint, sort.length > 0);
    this.scan = new Scan(collection, plan, filter);
    this.sort = plan.sorted ? [] : sort;
  }

  /** Keys and documents so far. */
  get looked(): number {
    return Math.max(this.scan.counts.keys, this.scan.counts.documents);
  }

  /** Looks at a few more; answers whether there may be more to look at. */
  look(most?: number): boolean {
    const piece = this.scan.piece(most);
    for (const { record, document } of piece ?? []) {
      if (this.sort.length === 0) {
        this.found = { record };
        return false;
      }
      const key = sortKey(this.sort, document);
      if (this.found.key === undefined || key.compare(this.found.key) < 0) this.found = { record, key };
    }
    return piece !== undefined;
  }
}
