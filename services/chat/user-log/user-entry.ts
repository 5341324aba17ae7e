// The entries of a user's own log, as documents of `user_entries`.

import type { MemberRow } from '../documents/member-row.ts';

export type UserEntryHead = {
  readonly _id: string;
  readonly user_key: string;
  readonly account_key: string;
  readonly seq: number;
  readonly sender_key: string;
  readonly request_id: string;
  readonly about: string;
  readonly created_at: Date;
};

/** One row's change, as an entry holds it: absent stays, null clears. */
export type StoredRowChange = {
  readonly conversation_id: string;
  readonly read_seq?: number;
  readonly read_number?: number;
  /** Present where the time is kept. */
  readonly read_at?: Date;
  /** The read watermark before this one. */
  readonly read_from?: number;
  readonly muted?: boolean;
  readonly muted_until?: Date | null;
  readonly pinned?: boolean;
  readonly archived?: boolean;
  readonly draft?: { readonly content: string; readonly updated_at: Date } | null;
};

export type NewUserEntry =
  | {
      readonly kind: 'added';
      readonly conversation_id: string;
      /** The conversation's number from which the right is valid. */
      readonly since: number;
      readonly added_by: string;
      /** The conversation had at most 256 members: its topic is followed at once. */
      readonly follow: boolean;
    }
  | { readonly kind: 'removed'; readonly conversation_id: string; readonly removed_seq: number }
  | {
      readonly kind: 'cleared';
      readonly conversation_id: string;
      /** History up to here is not shown, nor is the conversation until somebody says something above it. */
      readonly cleared_seq: number;
      /** Count of user messages there. */
      readonly cleared_number: number;
    }
  | { readonly kind: 'rows'; readonly changes: readonly StoredRowChange[] }
  | { readonly kind: 'hidden'; readonly conversation_id: string; readonly message_ids: readonly string[] };

/** One of the user's rows as it is now, with the count of user messages at the conversation's head. */
export type RowNow = { readonly row: MemberRow; readonly headNumber: number };

/** Never stored: what an entry about rows carries when it leaves. */
type RowsNow = { readonly rows?: readonly RowNow[] };

export type UserEntryOf<Kind extends NewUserEntry['kind']> = UserEntryHead &
  Extract<NewUserEntry, { readonly kind: Kind }> &
  (Kind extends 'rows' ? RowsNow : unknown);

export type UserEntry = { [Kind in NewUserEntry['kind']]: UserEntryOf<Kind> }[NewUserEntry['kind']];
