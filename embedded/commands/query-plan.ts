// From a command's arguments to a plan: filter, hint, and the strict mode's refusal to scan.

import { equalValues } from '../bson/order.ts';
import { bsonType, fieldsOf, numberOf, type Raw, textOf } from '../bson/raw.ts';
import { storeError } from '../errors.ts';
import { collationIsNotSimple } from '../keys/index-spec.ts';
import { choosePlan, type Hint, type Plan, type SortField } from '../planner/plan.ts';
import { evaluateVariables } from '../query/expression.ts';
import type { Filter } from '../query/filter.ts';
import { type FilterContext, parseFilter } from '../query/parse-filter.ts';
import { Stream, type StreamParts } from '../query/stream.ts';
import type { Collection } from '../storage/collection.ts';
import type { Call, Engine } from './engine.ts';

/** What a reading command asks of a collection. */
export type Asked = Omit<StreamParts, 'collection' | 'plan'>;

export function filterContext(engine: Engine, variables: Raw | undefined): FilterContext {
  const now = engine.now();
  return { variables: evaluateVariables(variables, now), now };
}

export function filterOf(document: Raw | undefined, context: FilterContext): Filter {
  return document === undefined ? [] : parseFilter(document, context);
}

/** Undefined where there is no collection. */
export function streamOf(call: Call, namespace: string, asked: Asked): Stream | undefined {
  const collection = call.engine.catalog.get(namespace);
  if (collection === undefined) return undefined;
  const { filter, sort, limit } = asked;
  const plan = planQuery(call.engine, collection, filter, sort, call.args.get('hint'), limit > 0);
  return new Stream({ collection, plan, ...asked });
}

/** In strict mode throws NoQueryExecutionPlans for what would read a whole collection, or all keys of an index. */
export function planQuery(
  engine: Engine,
  collection: Collection,
  filter: Filter,
  sort: readonly SortField[],
  given: Raw | undefined,
  limited = false,
): Plan {
  const hint = hintOf(collection, given);
  const plan = choosePlan(collection, filter, sort, hint);
  if (engine.strict && hint === undefined && readsAll(plan, limited)) {
    throw storeError(
      'NoQueryExecutionPlans',
      `no index answers this query on ${collection.namespace}: it would read the whole collection. ` +
        'Declare an index for its filter and sort, or say that a scan is meant with hint {$natural: 1}.',
    );
  }
  return plan;
}

/** Throws BadValue for a hint that names no index, and for reading backwards what has no order. */
function hintOf(collection: Collection, hint: Raw | undefined): Hint | undefined {
  if (hint === undefined) return undefined;
  if (hint.type !== bsonType.string && hint.type !== bsonType.object) {
    throw storeError('FailedToParse', 'Hint must be a string or an object');
  }
  const first = hint.type === bsonType.object ? fieldsOf(hint)[0] : undefined;
  if (hint.type === bsonType.object && first === undefined) return undefined;
  if (first?.[0] === '$natural' && numberOf(first[1]) === 1) return '$natural';
  const index = collection.indexes.find(({ spec }) =>
    hint.type === bsonType.string ? spec.name === textOf(hint) : equalValues(spec.key, hint),
  );
  if (index !== undefined) return index;
  const message = 'planner returned error :: caused by :: hint provided does not correspond to an existing index';
  throw storeError('BadValue', message);
}

/** In the order of an index with a limit, few keys may be enough. */
function readsAll(plan: Plan, limited: boolean): boolean {
  return plan.kind === 'collection' || (plan.whole && !(limited && plan.sorted));
}

/** Throws for a collation other than the simple one. */
export function refuseCollation(collation: Raw | undefined): void {
  if (collation !== undefined && collation.type === bsonType.object && collationIsNotSimple(collation)) {
    throw storeError('BadValue', 'only the simple collation is supported');
  }
}
