// count and distinct.
import { rawOf } from '../bson/build.ts';
import { orderKey } from '../bson/order.ts';
import { bsonType, elementsOf, type Raw } from '../bson/raw.ts';
import { storeError } from '../errors.ts';
import { walkPath } from '../query/path.ts';
import type { Stream } from '../query/stream.ts';
import { checkNamespace } from '../storage/catalog.ts';
import type { Call, Reply } from './engine.ts';
import { type Asked, filterContext, filterOf, refuseCollation, streamOf } from './query-plan.ts';

export async function count(call: Call): Promise<Reply> {
  const { args, engine } = call;
  const namespace = checkNamespace(call.database, args.collection());
  const asked = { ...queryAsked(call), skip: args.size('skip') ?? 0, limit: Math.abs(args.number('limit') ?? 0) };
  if (asked.filter.length === 0) {
    const left = Math.max(0, (engine.catalog.get(namespace)?.count() ?? 0) - asked.skip);
    return { n: asked.limit > 0 ? Math.min(left, asked.limit) : left };
  }
  const stream = streamOf(call, namespace, asked);
  return { n: stream === undefined ? 0 : await countAll(call, stream) };
}

function queryAsked({ args, engine }: Call): Asked {
  refuseCollation(args.get('collation'));
  const filter = filterOf(args.document('query'), filterContext(engine, undefined));
  return { filter, sort: [], skip: 0, limit: 0 };
}

/** Documents in one piece of what is only looked at. */
const pieceSize = 1000;

async function eachPiece(call: Call, stream: Stream, see: (documents: readonly Raw[]) => void): Promise<void> {
  for (let done = false; !done; ) {
    const batch = await stream.batch(pieceSize, Number.POSITIVE_INFINITY, call);
    see(batch.documents);
    done = batch.done;
  }
}

export async function countAll(call: Call, stream: Stream): Promise<number> {
  let n = 0;
  await eachPiece(call, stream, (documents) => {
    n += documents.length;
  });
  return n;
}

/** Bytes of values one answer of distinct may hold. */
export const distinctBytesMax = 16 * 1024 * 1024;

export async function distinct(call: Call): Promise<Reply> {
  const { args } = call;
  const path = (args.text('key') ?? '').split('.');
  const namespace = checkNamespace(call.database, args.collection());
  const stream = streamOf(call, namespace, queryAsked(call));
  const values = new Map<string, Raw>();
  let bytes = 0;
  const add = (value: Raw | undefined) => {
    const order = orderKey(value).toString('latin1');
    if (value === undefined || values.has(order)) return;
    values.set(order, value);
    bytes += value.end - value.start;
    if (bytes > distinctBytesMax) throw storeError('BSONObjectTooLarge', 'distinct too big, 16mb cap');
  };
  const see = (document: Raw) =>
    walkPath(document, path, 0, false, (value) => {
      for (const each of value?.type === bsonType.array ? elementsOf(value) : [value]) add(each);
      return false;
    });
  if (stream !== undefined) await eachPiece(call, stream, (documents) => documents.forEach(see));
  return { values: rawOf([...values.values()]) };
}
