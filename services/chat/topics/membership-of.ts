// A member's own row in its proto form: what only that member sees.

import type { Membership } from '../../../gen/circuit/chat/v1/conversation.ts';
import { type MemberRow, unreadOf } from '../documents/member-row.ts';
import { roles } from '../documents/words.ts';
import { deliveredOf } from '../receipts/receipt-status.ts';

/** `headNumber`: the count of user messages at the conversation's head. */
export function membershipOf(row: MemberRow, headNumber: number): Membership {
  return {
    role: roles[row.role],
    joinedAt: row.joined_at,
    sinceSeq: row.since,
    readSeq: row.read_seq ?? 0,
    deliveredSeq: deliveredOf(row),
    clearedSeq: row.cleared_seq ?? 0,
    unreadCount: unreadOf(row, headNumber),
    muted: row.muted ?? false,
    mutedUntil: row.muted_until,
    pinned: row.pinned ?? false,
    archived: row.archived ?? false,
    draft: row.draft && { content: row.draft.content, updatedAt: row.draft.updated_at },
    changed: row.own_changed ?? 0,
  };
}
