// count and distinct.
import { rawOf } from '../bson/build.ts';
import { orderKey } from '../bson/order.ts';
import { bsonType, elementsOf, type Raw } from '../bson/raw.ts';
import { storeError } from '../errors.ts';
import { walkPath } from '../query/path.ts';
import { Scan } from '../query/scan.ts';
import { Turn } from '../query/stream.ts';
import { checkNamespace } from '../storage/catalog.ts';
import type { Call, Reply } from './engine.ts';
import { filterContext, filterOf, planQuery, refuseCollation } from './query-plan.ts';

export async function count(call: Call): Promise<Reply> {
  const { args, engine } = call;
  refuseCollation(args.get('collation'));
  const filter = filterOf(args.document('query'), filterContext(engine, undefined));
  const skip = args.size('skip') ?? 0;
  const limit = Math.abs(args.number('limit') ?? 0);
  const collection = engine.catalog.get(checkNamespace(call.database, args.collection()));
  if (collection === undefined) return { n: 0 };
  let n = 0;
  if (filter.kind === 'and' && filter.parts.length === 0) n = collection.count();
  else {
    const scan = new Scan(collection, planQuery(engine, collection, filter, [], args.get('hint')), filter);
    const turn = new Turn(call);
    for (let piece = scan.piece(); piece !== undefined; piece = scan.piece()) {
      n += piece.length;
      if (limit > 0 && n >= skip + limit) break;
      await turn.over();
    }
  }
  n = Math.max(0, n - skip);
  return { n: limit > 0 ? Math.min(n, limit) : n };
}

/** Bytes of values one answer of distinct may hold. */
export const distinctBytesMax = 16 * 1024 * 1024;

export async function distinct(call: Call): Promise<Reply> {
  const { args, engine } = call;
  refuseCollation(args.get('collation'));
  const key = args.text('key') ?? '';
  const filter = filterOf(args.document('query'), filterContext(engine, undefined));
  const collection = engine.catalog.get(checkNamespace(call.database, args.collection()));
  if (collection === undefined) return { values: [] };
  const scan = new Scan(collection, planQuery(engine, collection, filter, [], args.get('hint')), filter);
  const values = new Map<string, Raw>();
  let bytes = 0;
  const turn = new Turn(call);
  for (let piece = scan.piece(); piece !== undefined; piece = scan.piece()) {
    for (const { document } of piece) {
      walkPath(document, key.split('.'), 0, false, (value) => {
        for (const each of value?.type === bsonType.array ? elementsOf(value) : [value]) {
          const order = orderKey(each).toString('latin1');
          if (each === undefined || values.has(order)) continue;
          values.set(order, each);
          bytes += each.end - each.start;
        }
        return false;
      });
    }
    if (bytes > distinctBytesMax) throw storeError('BSONObjectTooLarge', 'distinct too big, 16mb cap');
    await turn.over();
  }
  return { values: rawOf([...values.values()]) };
}
