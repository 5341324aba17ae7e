// When members got and read: for each member and each 100 numbers of a conversation one document of pairs (up to
// which number, when). A number has the time of the first pair at or above it; below the oldest `from` only the
// watermark speaks.

import type { AnyBulkWriteOperation, Collection } from 'mongodb';
import type { MemberRow } from '../documents/member-row.ts';
import type { ReceiptTimes } from './conversation-log.ts';
import { type InConversation, inSame } from './in-conversation.ts';

/** Numbers that one document covers, about a page of history: the bound of its pairs. */
const blockSize = 100;

/** How long after their last change they are kept; nothing is asked for messages older than this. */
export const receiptsKeptSeconds = 90 * 86_400;

type Pair = { readonly to: number; readonly at: Date };

export type ReceiptDocument = {
  /** `<conversation_id>:<user_key>:<block>`. */
  readonly _id: string;
  readonly conversation_id: string;
  readonly account_key: string;
  readonly user_key: string;
  /** Of the numbers that the pairs end at. */
  readonly block: number;
  readonly read?: readonly Pair[];
  /** The watermark before the first of these pairs. */
  readonly read_from?: number;
  readonly delivered?: readonly Pair[];
  readonly delivered_from?: number;
  /** When it was last written: expiry counts from here. */
  readonly moved_at: Date;
};

export type Watermark = 'read' | 'delivered';

export type ReceiptMove = {
  readonly conversationId: string;
  readonly accountKey: string;
  readonly userKey: string;
  readonly watermark: Watermark;
  /** The watermark before. */
  readonly from: number;
  readonly to: number;
  readonly at: Date;
};

/** Adds one pair; nothing where it is there, as after a crash between this and the row. */
export function receiptWrite(move: ReceiptMove): AnyBulkWriteOperation<ReceiptDocument> {
  const { conversationId, userKey, watermark, to, at } = move;
  const block = blockOf(to);
  return {
    updateOne: {
      filter: {
        _id: `${conversationId}:${userKey}:${block}`,
        conversation_id: conversationId,
        account_key: move.accountKey,
        [`${watermark}.to`]: { $ne: to },
      },
      update: {
        $push: { [watermark]: { to, at } },
        $min: { [`${watermark}_from`]: move.from },
        $max: { moved_at: at },
        $setOnInsert: { user_key: userKey, block },
      },
      upsert: true,
    },
  };
}

/**
 * When these members got and read these entries; what was read has reached them by then. One query for the documents of
 * the entries' own blocks; one more for each member and watermark whose move ended in a later block.
 */
export async function receiptTimes(
  receipts: Collection<ReceiptDocument>,
  where: InConversation,
  rows: readonly MemberRow[],
  seqs: readonly number[],
): Promise<ReceiptTimes> {
  const lowest = Math.min(...seqs);
  const reached = rows.filter((row) => Math.max(row.delivered_seq ?? 0, row.read_seq ?? 0) >= lowest);
  if (seqs.length === 0 || reached.length === 0) return () => ({ deliveredAt: undefined, readAt: undefined });
  const found = await receipts
    .find({
      ...where,
      user_key: { $in: reached.map((row) => row.user_key) },
      block: { $in: [...new Set(seqs.map(blockOf))] },
    })
    .toArray();
  const documents = new Map(found.map((document) => [`${document.user_key}:${document.block}`, document]));
  const times = new Map<string, Date>();
  const above = new Map<string, Promise<ReceiptDocument | undefined>>();
  const look = async (row: MemberRow, watermark: Watermark, seq: number) => {
    if (seq > (row[`${watermark}_seq`] ?? 0)) return;
    const here = documents.get(`${row.user_key}:${blockOf(seq)}`);
    let time = here && timeIn(here, watermark, seq);
    if (time === undefined) {
      const key = `${watermark}:${row.user_key}:${blockOf(seq)}`;
      const later = above.get(key) ?? firstAbove(receipts, row, watermark, seq);
      above.set(key, later);
      const document = await later;
      time = document && timeIn(document, watermark, seq);
    }
    if (time !== undefined) times.set(`${watermark}:${row.user_key}:${seq}`, time);
  };
  await Promise.all(
    reached.flatMap((row) => seqs.flatMap((seq) => [look(row, 'delivered', seq), look(row, 'read', seq)])),
  );
  return ({ user_key }, seq) => {
    const readAt = times.get(`read:${user_key}:${seq}`);
    return { deliveredAt: earlier(times.get(`delivered:${user_key}:${seq}`), readAt), readAt };
  };
}

function earlier(delivered: Date | undefined, read: Date | undefined): Date | undefined {
  return delivered === undefined || (read !== undefined && read < delivered) ? read : delivered;
}

/** The pair that covers `seq` may end in a later block: the first one that has any. */
async function firstAbove(
  receipts: Collection<ReceiptDocument>,
  row: MemberRow,
  watermark: Watermark,
  seq: number,
): Promise<ReceiptDocument | undefined> {
  const [later] = await receipts
    .find({
      ...inSame(row),
      user_key: row.user_key,
      block: { $gt: blockOf(seq) },
      [`${watermark}_from`]: { $exists: true },
    })
    .sort({ block: 1 })
    .limit(1)
    .toArray();
  return later;
}

function timeIn(document: ReceiptDocument, watermark: Watermark, seq: number): Date | undefined {
  const from = document[`${watermark}_from`];
  if (from === undefined || seq <= from) return undefined;
  let first: Pair | undefined;
  for (const pair of document[watermark] ?? []) {
    if (pair.to >= seq && (first === undefined || pair.to < first.to)) first = pair;
  }
  return first?.at;
}

function blockOf(seq: number): number {
  return Math.floor(seq / blockSize);
}
