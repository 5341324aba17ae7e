// When members got and read: for each member and each 1 000 numbers of a conversation one document of pairs (up to
// which number, when). A number has the time of the first pair at or above it; below the oldest `from` only the
// watermark speaks.

import type { AnyBulkWriteOperation, Collection } from 'mongodb';
import type { MemberReceiptTimes } from './conversation-log.ts';
import { type InConversation, inSame } from './in-conversation.ts';
import type { MemberRow } from './member-row.ts';

/** Numbers that one document covers: the bound of its pairs. */
const blockSize = 1_000;

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

/** For each of these members: whether the entry `seq` reached and was read by them, and when where that is kept. */
export async function receiptsOf(
  receipts: Collection<ReceiptDocument>,
  where: InConversation,
  rows: readonly MemberRow[],
  seq: number,
): Promise<readonly MemberReceiptTimes[]> {
  // Of these members alone: those who left have documents, too.
  const inBlock = await receipts
    .find({ ...where, block: blockOf(seq), user_key: { $in: rows.map((row) => row.user_key) } })
    .limit(rows.length + 1)
    .toArray();
  const byUser = new Map(inBlock.map((document) => [document.user_key, document]));
  return Promise.all(
    rows.map(async (row) => {
      const here = byUser.get(row.user_key);
      const time = async (watermark: Watermark, mark: number | undefined) => {
        if (mark === undefined || mark < seq) return undefined;
        const answer = here && timeIn(here, watermark, seq);
        return answer ?? timeAbove(receipts, row, watermark, seq);
      };
      const [deliveredAt, readAt] = await Promise.all([
        time('delivered', row.delivered_seq),
        time('read', row.read_seq),
      ]);
      return {
        userKey: row.user_key,
        delivered: (row.delivered_seq ?? 0) >= seq,
        read: (row.read_seq ?? 0) >= seq,
        ...(deliveredAt && { deliveredAt }),
        ...(readAt && { readAt }),
      };
    }),
  );
}

/** The pair that covers `seq` may end in a later block. */
async function timeAbove(
  receipts: Collection<ReceiptDocument>,
  row: MemberRow,
  watermark: Watermark,
  seq: number,
): Promise<Date | undefined> {
  const later = await receipts
    .find({
      ...inSame(row),
      user_key: row.user_key,
      block: { $gt: blockOf(seq) },
      [`${watermark}_from`]: { $exists: true },
    })
    .sort({ block: 1 })
    .limit(1)
    .toArray();
  return later[0] && timeIn(later[0], watermark, seq);
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
