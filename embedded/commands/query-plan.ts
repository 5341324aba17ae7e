// From a command's arguments to a plan: filter, sort, hint, and the strict mode's refusal to scan.

import { equalValues } from '../bson/order.ts';
import { bsonType, fieldsOf, numberOf, type Raw, textOf } from '../bson/raw.ts';
import { storeError } from '../errors.ts';
import { collationIsNotSimple } from '../keys/index-spec.ts';
import { choosePlan, type Hint, type Plan, type SortField } from '../planner/plan.ts';
import { evaluateVariables } from '../query/expression.ts';
import { everything, type Filter } from '../query/filter.ts';
import { type FilterContext, parseFilter } from '../query/parse-filter.ts';
import { isNatural } from '../query/sort.ts';
import type { Collection } from '../storage/collection.ts';
import type { Engine } from './engine.ts';

export function filterContext(engine: Engine, variables: Raw | undefined): FilterContext {
  const now = engine.now();
  return { variables: evaluateVariables(variables, now), now };
}

export function filterOf(document: Raw | undefined, context: FilterContext): Filter {
  return document === undefined ? everything : parseFilter(document, context);
}

/** Throws BadValue for a hint that names no index. */
export function hintOf(collection: Collection, hint: Raw | undefined): Hint | undefined {
  if (hint === undefined) return undefined;
  if (hint.type === bsonType.string) {
    const index = collection.indexes.find((each) => each.spec.name === textOf(hint));
    if (index === undefined) throw badHint();
    return { index };
  }
  if (hint.type !== bsonType.object) throw storeError('FailedToParse', 'Hint must be a string or an object');
  const first = fieldsOf(hint)[0];
  if (first === undefined) return undefined;
  if (first[0] === '$natural') return { natural: numberOf(first[1]) < 0 ? -1 : 1 };
  const index = collection.indexes.find((each) => equalValues(each.spec.key, hint));
  if (index === undefined) throw badHint();
  return { index };
}

function badHint(): Error {
  return storeError(
    'BadValue',
    'planner returned error :: caused by :: hint provided does not correspond to an existing index',
  );
}

/** In strict mode throws NoQueryExecutionPlans for what would read a whole collection, or all keys of an index. */
export function planQuery(
  engine: Engine,
  collection: Collection,
  filter: Filter,
  sort: readonly SortField[],
  hint: Raw | undefined,
  limited = false,
): Plan {
  const natural = sort.length === 1 && isNatural(sort[0]!.path);
  const parsedHint = natural ? ({ natural: sort[0]!.descending ? -1 : 1 } as const) : hintOf(collection, hint);
  const plan = choosePlan(collection, filter, natural ? [] : sort, parsedHint);
  if (engine.strict && parsedHint === undefined && readsAll(plan, limited)) {
    throw storeError(
      'NoQueryExecutionPlans',
      `no index answers this query on ${collection.namespace}: it would read the whole collection. ` +
        'Declare an index for its filter and sort, or say that a scan is meant with hint {$natural: 1}.',
    );
  }
  return plan;
}

/** In the order of an index with a limit, few keys may be enough. */
function readsAll(plan: Plan, limited: boolean): boolean {
  if (plan.kind === 'union') return plan.plans.some((each) => readsAll(each, false));
  return plan.kind === 'collection' || (plan.whole && !(limited && plan.sorted));
}

/** Throws for a collation other than the simple one. */
export function refuseCollation(collation: Raw | undefined): void {
  if (collation !== undefined && collation.type === bsonType.object && collationIsNotSimple(collation)) {
    throw storeError('BadValue', 'only the simple collation is supported');
  }
}
