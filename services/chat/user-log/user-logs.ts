// The user's own log (topic `u:<user>`): what every device of one user must end up with. Entries are numbered without
// a gap; changes of rows that come often are gathered for a second and stored as one entry.

import type { MemberRow } from '../documents/member-row.ts';
import type { UserEntry } from './user-entry.ts';

/** `context.service.userLogs`. */
export type UserLogs = {
  /**
   * Changes the user's own row of a conversation. The first change of a quiet user is stored at once; those of the next
   * second wait, become one entry, and are answered with it. Reads only rise. Resolves with the row as it is then;
   * `moved` tells whether anything changed. Changes of one row are done in the order of the calls, also those that are
   * not ready yet. Throws what a change is rejected with, and CONVERSATION_NOT_FOUND where the user has no row.
   */
  changeRow(
    user: LogUser,
    conversationId: string,
    change: RowChange | Promise<RowChange>,
    signal: AbortSignal,
  ): Promise<RowChanged>;
  /**
   * Clears history up to a number, and hides the conversation until a message above it. A repeat under the same request
   * id clears nothing more. Throws CONVERSATION_NOT_FOUND where the user has no row, REQUEST_ID_REUSED.
   */
  clear(user: LogUser, conversationId: string, cleared: Cleared, signal: AbortSignal): Promise<void>;
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
   * Raises the delivered watermark of a row that was just read; no entry of the log. `moved` is false where it stood
   * there or higher. The caller has clamped it to the head.
   */
  delivered(before: MemberRow, mark: DeliveredMark): Promise<RowChanged>;
  /** Entries above a number, rising without a gap, cut at `limit` and 256 KiB. */
  entries(userKey: string, after: number, limit: number): Promise<UserEntryPage>;
  head(userKey: string): Promise<number>;
};

export type LogUser = { readonly userKey: string; readonly accountKey: string };

/** What is absent stays; `null` clears. */
export type RowChange = {
  /** `number`: the count of user messages at `seq`. Ignored where it is not above the row's. */
  readonly read?: {
    readonly seq: number;
    readonly number: number;
    /** Milliseconds since 1970. */
    readonly at: number;
    /** Whether the time is kept: in conversations up to 256 members. */
    readonly keepTime: boolean;
  };
  readonly muted?: boolean;
  /** With `muted`; null: for ever. */
  readonly mutedUntil?: Date | null;
  readonly pinned?: boolean;
  readonly archived?: boolean;
  readonly draft?: { readonly content: string; readonly updatedAt: number } | null;
};

/** `number`: the count of user messages at `seq`. */
export type Cleared = { readonly requestId: string; readonly seq: number; readonly number: number };

/** `at`: milliseconds since 1970. `keepTime`: in conversations up to 256 members. */
export type DeliveredMark = { readonly seq: number; readonly at: number; readonly keepTime: boolean };

export type RowChanged = { readonly row: MemberRow; readonly moved: boolean };

export type UserEntryPage = { readonly entries: readonly UserEntry[]; readonly head: number; readonly gone: boolean };
