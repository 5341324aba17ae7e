// find, getMore, killCursors.
import { Long } from 'bson';
import { bsonType, elementsOf, type Raw } from '../bson/raw.ts';
import { storeError } from '../errors.ts';
import { compileProjection } from '../query/projection.ts';
import { parseSort } from '../query/sort.ts';
import { checkNamespace } from '../storage/catalog.ts';
import { batchBytesMax, firstBatchDefault, type Source } from './cursors.ts';
import type { Call, Reply } from './engine.ts';
import { type Asked, filterContext, filterOf, refuseCollation, streamOf } from './query-plan.ts';

export async function find(call: Call): Promise<Reply> {
  const { args } = call;
  const namespace = checkNamespace(call.database, args.collection());
  const batchSize = args.size('batchSize') ?? firstBatchDefault;
  const stream = streamOf(call, namespace, findAsked(call));
  if (stream === undefined) return cursorReply(Long.ZERO, namespace, 'firstBatch', []);
  return firstBatch(call, namespace, stream, batchSize, args.flag('singleBatch'));
}

/** What a find asks, of a call whose arguments are a find's. */
export function findAsked({ args, engine }: Call): Asked {
  refuseCollation(args.get('collation'));
  const context = filterContext(engine, args.document('let'));
  const projection = args.document('projection');
  return {
    filter: filterOf(args.document('filter'), context),
    sort: parseSort(args.document('sort')),
    skip: args.size('skip') ?? 0,
    limit: args.size('limit') ?? 0,
    ...(projection === undefined ? {} : { projection: compileProjection(projection, context) }),
  };
}

export async function firstBatch(
  call: Call,
  namespace: string,
  source: Source,
  batchSize: number,
  single = false,
): Promise<Reply> {
  const { engine } = call;
  if (batchSize === 0 && !single)
    return cursorReply(engine.cursors.add(namespace, source), namespace, 'firstBatch', []);
  const batch = await source.batch(batchSize || 1, batchBytesMax, call);
  const id = batch.done || single ? Long.ZERO : engine.cursors.add(namespace, source);
  return cursorReply(id, namespace, 'firstBatch', batch.documents);
}

export async function getMore(call: Call): Promise<Reply> {
  const { args, engine } = call;
  const id = longOf(args.values.get('getMore'));
  const name = args.text('collection') ?? '';
  const namespace = `${call.database}.${name}`;
  const batchSize = args.size('batchSize') || Number.POSITIVE_INFINITY;
  const batch = await engine.cursors.next(id, namespace, batchSize, call);
  return cursorReply(batch.done ? Long.ZERO : id, namespace, 'nextBatch', batch.documents);
}

export function killCursors({ args, engine }: Call): Reply {
  const cursors = args.get('cursors');
  if (cursors?.type !== bsonType.array) throw storeError('TypeMismatch', "'killCursors.cursors' must be an array");
  const killed: Long[] = [];
  const notFound: Long[] = [];
  for (const each of elementsOf(cursors)) {
    const id = longOf(each);
    (engine.cursors.kill(id) ? killed : notFound).push(id);
  }
  return { cursorsKilled: killed, cursorsNotFound: notFound, cursorsAlive: [], cursorsUnknown: [] };
}

export function cursorReply(
  id: Long,
  ns: string,
  name: 'firstBatch' | 'nextBatch',
  documents: readonly unknown[],
): Reply {
  return { cursor: { [name]: documents, id, ns } };
}

function longOf(value: Raw | undefined): Long {
  if (value?.type === bsonType.long) return Long.fromBigInt(value.bytes.readBigInt64LE(value.start));
  if (value?.type === bsonType.int) return Long.fromNumber(value.bytes.readInt32LE(value.start));
  throw storeError('TypeMismatch', 'a cursor id must be a long');
}
