// The user's kind of log: its entries come into the user's rows, receipts and hidden messages, and go to their devices.

import type { Collection, Document, UpdateFilter } from 'mongodb';
import { type ReceiptDocument, receiptWrite } from '../conversation-log/receipts.ts';
import { type MemberRow, rowId } from '../documents/member-row.ts';
import type { GroupedWrites } from '../log/grouped-writes.ts';
import type { Applied, HeadDocument, LogKind, LogState } from '../log/log-kind.ts';
import { compactionLimits } from './compaction.ts';
import type { NewUserEntry, RowNow, StoredRowChange, UserEntry, UserEntryOf } from './user-entry.ts';
import type { LogUser } from './user-logs.ts';

export type UserState = LogState & { readonly userKey: string; readonly floorSeq: number };

/** The head of a user's log. `_id` is the user's key. */
export type UserLogHead = {
  readonly _id: string;
  readonly account_key: string;
  readonly last_seq: number;
  /** Entries at or below are removed or may be. Absent: none. */
  readonly floor_seq?: number;
  /** When it is to be looked at for entries that are too old. */
  readonly compact_at?: Date;
  readonly open_until?: Date;
};

export type HiddenMessage = {
  /** `<user_key>:<message_id>`. */
  readonly _id: string;
  readonly user_key: string;
  readonly account_key: string;
  readonly conversation_id: string;
  readonly message_id: string;
  readonly hidden_at: Date;
};

export type UserDocuments = {
  readonly entries: Collection<UserEntry>;
  readonly heads: Collection<UserLogHead>;
  readonly rows: Collection<MemberRow>;
  readonly hidden: Collection<HiddenMessage>;
  readonly writtenHeads: GroupedWrites<UserLogHead>;
  readonly writtenRows: GroupedWrites<MemberRow>;
  readonly writtenHidden: GroupedWrites<HiddenMessage>;
  readonly writtenReceipts: GroupedWrites<ReceiptDocument>;
  /** The user's rows as they are, with what their conversations' heads count. */
  rowsNow(user: LogUser, conversationIds: readonly string[]): Promise<readonly RowNow[]>;
};

export type UserKind = LogKind<UserState, UserEntry, NewUserEntry>;

export function userKind(documents: UserDocuments, publish: (entry: UserEntry) => void, clock: () => number): UserKind {
  const { entries, heads, writtenHeads } = documents;
  return {
    name: 'user',
    keyField: 'user_key',
    entries: entries as Collection<UserEntry & Document>,
    heads: heads as unknown as Collection<HeadDocument>,
    load: (userKey, accountKey) => load(heads, userKey, accountKey),
    newHead: () => ({ last_seq: 0 }),
    place: (state, body, { key, ...placing }) => ({
      ...placing,
      user_key: key,
      account_key: state.accountKey,
      seq: state.seq + 1,
      ...body,
    }),
    fold: (state, entry) => ({ ...state, seq: entry.seq }),
    touches: (entry) => {
      if (entry.kind === 'rows') return entry.changes.map((change) => change.conversation_id);
      return entry.kind === 'cleared' ? [entry.conversation_id] : [];
    },
    apply: (entry) => {
      if (entry.kind === 'rows') return applyRows(documents, entry);
      if (entry.kind === 'cleared') return applyCleared(documents, entry);
      return entry.kind === 'hidden' ? applyHidden(documents, entry) : { entry };
    },
    // Most that the user does gets an id of its own each time; what follows from a conversation may come again.
    current: async (entry) => ({ entry: entry.kind === 'rows' ? await withRowsNow(documents, entry) : entry }),
    publish,
    follow: () => undefined,
    writeBehind: (state, openUntil) =>
      writtenHeads.write({
        updateOne: {
          filter: { _id: state.userKey, account_key: state.accountKey, last_seq: { $lt: state.seq } },
          update: {
            $set: { last_seq: state.seq },
            // The first time; from then on whoever compacts it moves it.
            $min: { compact_at: new Date(clock() + compactionLimits.keepMs) },
            ...(openUntil && { $max: { open_until: openUntil } }),
          },
        },
      }),
  };
}

async function load(heads: UserDocuments['heads'], userKey: string, accountKey: string | undefined) {
  const head = await heads.findOne({ _id: userKey }, { readConcern: { level: 'majority' } });
  if (head === null && accountKey === undefined) return undefined;
  const state = {
    userKey,
    accountKey: head?.account_key ?? accountKey ?? '',
    seq: head?.last_seq ?? 0,
    floorSeq: head?.floor_seq ?? 0,
  };
  return { state, openUntil: head?.open_until?.getTime() ?? 0 };
}

async function applyRows(documents: UserDocuments, entry: UserEntryOf<'rows'>): Promise<Applied<UserEntry>> {
  const { user_key: userKey, account_key: accountKey, seq } = entry;
  await Promise.all(
    entry.changes.map(async (change) => {
      const conversationId = change.conversation_id;
      await writeRow(documents, entry, conversationId, rowUpdate(change, seq));
      const { read_from: from = 0, read_seq: to, read_at: at } = change;
      if (to === undefined || at === undefined) return;
      const read = { conversationId, accountKey, userKey, watermark: 'read', from, to, at } as const;
      await documents.writtenReceipts.write(receiptWrite(read));
    }),
  );
  return { entry: await withRowsNow(documents, entry) };
}

async function applyCleared(documents: UserDocuments, entry: UserEntryOf<'cleared'>): Promise<Applied<UserEntry>> {
  const { conversation_id, cleared_seq, cleared_number, seq } = entry;
  const update = { $set: { own_changed: seq, cleared_seq, cleared_number, hidden: true } };
  await writeRow(documents, entry, conversation_id, update);
  return { entry };
}

/** Only what is newer than the row. */
async function writeRow(
  { writtenRows }: UserDocuments,
  { user_key, account_key, seq }: UserEntry,
  conversationId: string,
  update: UpdateFilter<MemberRow>,
): Promise<void> {
  const _id = rowId(user_key, conversationId);
  await writtenRows.write({
    updateOne: { filter: { _id, user_key, account_key, own_changed: { $lt: seq } }, update },
  });
}

async function applyHidden(documents: UserDocuments, entry: UserEntryOf<'hidden'>): Promise<Applied<UserEntry>> {
  const { user_key, account_key, conversation_id, created_at } = entry;
  await Promise.all(
    entry.message_ids.map((message_id) =>
      documents.writtenHidden.write({
        updateOne: {
          filter: { _id: `${user_key}:${message_id}`, user_key, account_key },
          update: { $setOnInsert: { conversation_id, message_id, hidden_at: created_at } },
          upsert: true,
        },
      }),
    ),
  );
  return { entry };
}

async function withRowsNow(documents: UserDocuments, entry: UserEntryOf<'rows'>): Promise<UserEntryOf<'rows'>> {
  const ids = entry.changes.map((change) => change.conversation_id);
  return { ...entry, rows: await documents.rowsNow({ userKey: entry.user_key, accountKey: entry.account_key }, ids) };
}

/** What is null clears the field. */
function rowUpdate({ conversation_id: _row, read_at: _at, read_from: _from, ...fields }: StoredRowChange, seq: number) {
  const set: Record<string, unknown> = { own_changed: seq };
  const unset: Record<string, 1> = {};
  for (const [name, value] of Object.entries(fields)) {
    if (value === null) unset[name] = 1;
    else if (value !== undefined) set[name] = value;
  }
  return { $set: set, ...(Object.keys(unset).length > 0 && { $unset: unset }) };
}
