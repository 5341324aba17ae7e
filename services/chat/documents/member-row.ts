// One user's row of one conversation. Two logs write it: the conversation's (role, coming, going) and the user's own
// (watermarks, mute, pin, archive, draft, clearing); each under its own `changed`. Rows of those who left stay.

export type RoleWord = 'member' | 'admin' | 'owner';

export type MemberRow = {
  /** `<user_key>:<conversation_id>`. */
  readonly _id: string;
  readonly user_key: string;
  readonly conversation_id: string;
  readonly account_key: string;

  /** The conversation's number last applied to these fields. */
  readonly changed: number;
  readonly role: RoleWord;
  /** Sorts members: 0 the owner, 1 the others. */
  readonly rank: 0 | 1;
  /** False once they left. */
  readonly active: boolean;
  /** The conversation's number at which they came (last). */
  readonly since: number;
  readonly joined_at: Date;
  /** Absent for who made the conversation. */
  readonly added_by?: string;
  /** Count of user messages when they came. */
  readonly joined_number: number;
  readonly left_seq?: number;
  readonly left_at?: Date;
  /** Count of user messages at their own last one, written behind by a second. */
  readonly own_number?: number;
} & OwnFields;

/** What the user's own log writes. */
export type OwnFields = {
  /** The user's log's number last applied to these fields. */
  readonly own_changed?: number;
  readonly read_seq?: number;
  /** Count of user messages at `read_seq`. */
  readonly read_number?: number;
  /** Not in the user's log: a watermark that only rises. */
  readonly delivered_seq?: number;
  /** History up to here is not shown. */
  readonly cleared_seq?: number;
  readonly cleared_number?: number;
  /** In no list until a message above `cleared_seq`. */
  readonly hidden?: boolean;
  readonly muted?: boolean;
  /** Absent with `muted`: for ever. */
  readonly muted_until?: Date;
  readonly pinned?: boolean;
  readonly archived?: boolean;
  readonly draft?: { readonly content: string; readonly updated_at: Date };
};

export function rowId(userKey: string, conversationId: string): string {
  return `${userKey}:${conversationId}`;
}

/**
 * User messages that this member has not seen, of a conversation with `headNumber` of them: those after the greatest of
 * what was read, the own last one, joining and clearing. Deleted messages count until passed. Never below 0.
 */
export function unreadOf(row: MemberRow, headNumber: number): number {
  const seen = Math.max(row.read_number ?? 0, row.own_number ?? 0, row.joined_number, row.cleared_number ?? 0);
  return Math.max(0, headNumber - seen);
}
