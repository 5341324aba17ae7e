import type { Draft, Membership } from '../../../gen/circuit/chat/v1/conversation.ts';
import type { MemberRow } from '../documents/member-row.ts';
import { membershipOf } from '../topics/membership-of.ts';

/** The caller's own row as it is at this moment; `headNumber` counts the conversation's user messages. */
export function membershipAt(now: number, row: MemberRow, headNumber: number): Membership {
  const muted = isMuted(row, now);
  return {
    ...membershipOf(row, headNumber),
    muted,
    mutedUntil: muted ? row.muted_until : undefined,
  };
}

/** A mute that has ended is none; nobody has to end it. */
export function isMuted(row: MemberRow, now: number): boolean {
  return row.muted === true && (row.muted_until === undefined || row.muted_until.getTime() > now);
}

export function draftOf(row: MemberRow): Draft | undefined {
  return row.draft && { content: row.draft.content, updatedAt: row.draft.updated_at };
}
