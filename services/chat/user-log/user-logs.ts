// The user's own log (topic `u:<user>`): what every device of one user must end up with. Entries are numbered without
// a gap; changes of rows that come often are gathered for a second and stored as one entry.

import type { MemberRow } from '../log/member-row.ts';

/** `context.service.userLogs`. */
export type UserLogs = {
  /**
   * Changes the user's own row of a conversation. The first change of a quiet user is stored at once; those of the next
   * second wait, become one entry, and are answered with it. Reads only rise. Resolves with the row as it is then;
   * `moved` tells whether anything changed. Throws CONVERSATION_NOT_FOUND where the user has no row.
   */
  changeRow(user: LogUser, conversationId: string, change: RowChange, signal: AbortSignal): Promise<RowChanged>;
  /** Hides messages from this user alone, at most 100 of one conversation. */
  hideMessages(
    user: LogUser,
    conversationId: string,
    messageIds: readonly string[],
    signal: AbortSignal,
  ): Promise<void>;
  /** Which of these messages the user hid. */
  hidden(user: LogUser, conversationId: string, messageIds: readonly string[]): Promise<ReadonlySet<string>>;
  /**
   * Raises the delivered watermark; no entry of the log. `moved` is false where it stood there or higher.
   * `headSeq` clamps it.
   */
  delivered(user: LogUser, conversationId: string, seq: number, at: number): Promise<RowChanged | undefined>;
  /** Entries above a number, rising without a gap, cut at `limit` and 256 KiB. */
  entries(userKey: string, after: number, limit: number): Promise<UserEntryPage>;
  head(userKey: string): Promise<number>;
};

export type LogUser = { readonly userKey: string; readonly accountKey: string };

/** What is absent stays; `null` clears. */
export type RowChange = {
  /** `number`: the count of user messages at `seq`. Ignored where it is not above the row's. */
  readonly read?: { readonly seq: number; readonly number: number; readonly at: number };
  readonly muted?: boolean;
  /** With `muted`; null: for ever. */
  readonly mutedUntil?: Date | null;
  readonly pinned?: boolean;
  readonly archived?: boolean;
  readonly draft?: { readonly content: string; readonly updatedAt: number } | null;
  /** Clears history up to here and hides the conversation until something newer comes. */
  readonly cleared?: { readonly seq: number; readonly number: number };
};

export type RowChanged = { readonly row: MemberRow; readonly moved: boolean };

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
  readonly read_at?: Date;
  readonly muted?: boolean;
  readonly muted_until?: Date | null;
  readonly pinned?: boolean;
  readonly archived?: boolean;
  readonly draft?: { readonly content: string; readonly updated_at: Date } | null;
  readonly cleared_seq?: number;
  readonly cleared_number?: number;
  readonly hidden?: boolean;
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
  | { readonly kind: 'rows'; readonly changes: readonly StoredRowChange[] }
  | { readonly kind: 'hidden'; readonly conversation_id: string; readonly message_ids: readonly string[] };

export type UserEntry = NewUserEntry extends infer Body ? (Body extends unknown ? UserEntryHead & Body : never) : never;

export type UserEntryPage = { readonly entries: readonly UserEntry[]; readonly head: number; readonly gone: boolean };
