// Asks a store through the official driver, with a number of requests in flight, and counts answers.

import { MongoClient } from 'mongodb';
import { serveLoad } from '../load/fork.ts';
import { ownShare } from '../load/own-share.ts';
import { conversationOf, conversations, documentOf, indexes, type MessageDocument } from './documents.ts';

export type Operation = 'insertMany' | 'insertOne' | 'findOne' | 'range' | 'updateOne' | 'findAndModify';

export type OperationTask = {
  readonly uri: string;
  readonly operation: Operation;
  readonly inFlight: number;
  readonly count: number;
  /** Documents that are there; inserts go on behind them. */
  readonly known: number;
};
/** `generator`: the share of a core that the driver's process used. */
export type OperationResult = { readonly perSecond: number; readonly generator: number };

/** Documents in one insertMany. */
const batchSize = 500;
/** Documents in one range read. */
const rangeSize = 50;

serveLoad<OperationTask, OperationResult>(async ({ uri, operation, inFlight, count, known }) => {
  const client = new MongoClient(uri, { maxPoolSize: inFlight });
  const rows = client.db('bench').collection<MessageDocument>('messages');
  await rows.createIndexes(indexes);
  let n = known;
  const existing = () => {
    const seq = 1 + Math.floor(Math.random() * known);
    return { conversation_id: conversationOf(seq), seq };
  };
  const run: Record<Operation, () => Promise<unknown>> = {
    insertMany: () => rows.insertMany(Array.from({ length: batchSize }, () => documentOf(++n))),
    insertOne: () => rows.insertOne(documentOf(++n)),
    findOne: () => rows.findOne(existing()),
    range: () => {
      const { conversation_id, seq } = existing();
      const from = Math.max(0, seq - rangeSize * conversations);
      return rows
        .find({ conversation_id, seq: { $gt: from } })
        .sort({ seq: 1 })
        .limit(rangeSize)
        .toArray();
    },
    updateOne: () => rows.updateOne(existing(), { $set: { kind: 'edited' }, $inc: { number: 1 } }),
    findAndModify: () => rows.findOneAndUpdate(existing(), { $inc: { number: 1 } }, { returnDocument: 'after' }),
  };
  const inTurn = async (total: number) => {
    let left = total;
    const worker = async () => {
      while (left-- > 0) await run[operation]();
    };
    await Promise.all(Array.from({ length: inFlight }, worker));
  };
  await inTurn(Math.ceil(count / 5));
  const share = ownShare();
  const started = performance.now();
  await inTurn(count);
  const perSecond = (count * 1000) / (performance.now() - started);
  const generator = share();
  await client.close();
  return { perSecond: operation === 'insertMany' ? perSecond * batchSize : perSecond, generator };
});
