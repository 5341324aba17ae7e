import type { Draft, Membership } from '../../../gen/circuit/chat/v1/conversation.ts';
import { type MemberRow, unreadOf } from '../log/member-row.ts';
import { roles } from '../log/words.ts';
import { deliveredOf } from '../receipts/progress.ts';

/** The caller's own row as the API shows it; `headNumber` counts the conversation's user messages. */
export function membershipOf(row: MemberRow, headNumber: number, now: number): Membership {
  const muted = isMuted(row, now);
  return {
    role: roles[row.role],
    joinedAt: row.joined_at,
    sinceSeq: row.since,
    readSeq: row.read_seq ?? 0,
    deliveredSeq: deliveredOf(row),
    clearedSeq: row.cleared_seq ?? 0,
    unreadCount: unreadOf(row, headNumber),
    muted,
    mutedUntil: muted ? row.muted_until : undefined,
    pinned: row.pinned ?? false,
    archived: row.archived ?? false,
    draft: draftOf(row),
    changed: row.own_changed ?? 0,
  };
}

/** A mute that has ended is none; nobody has to end it. */
export function isMuted(row: MemberRow, now: number): boolean {
  return row.muted === true && (row.muted_until === undefined || row.muted_until.getTime() > now);
}

export function draftOf(row: MemberRow): Draft | undefined {
  return row.draft && { content: row.draft.content, updatedAt: row.draft.updated_at };
}
