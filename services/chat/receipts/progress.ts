// How far the members of a small conversation have got, and what a sender is shown of it.

import { MessageStatus } from '../../../gen/circuit/chat/v1/message.ts';
import type { MemberRow } from '../log/member-row.ts';
import { smallMembersMax } from '../log/state.ts';

/** Watermarks of the members other than one, each with the number from which it counts for them. */
export type Progress = readonly { readonly since: number; readonly delivered: number; readonly read: number }[];

export function progressOf(rows: readonly MemberRow[], exceptUserKey: string): Progress {
  return rows
    .filter((row) => row.user_key !== exceptUserKey)
    .map((row) => ({ since: row.since, delivered: deliveredOf(row), read: row.read_seq ?? 0 }));
}

/** What was read has reached a device, whether or not that device said so. */
export function deliveredOf(row: MemberRow): number {
  return Math.max(row.delivered_seq ?? 0, row.read_seq ?? 0);
}

/**
 * How far the message `seq` has come: delivered or read by every other member who was there for it.
 * Sent where that is not known (large conversations) or where there is nobody else.
 */
export function statusOf(seq: number, progress: Progress | undefined): MessageStatus {
  const recipients = (progress ?? []).filter((member) => member.since <= seq);
  if (recipients.length === 0) return MessageStatus.MESSAGE_STATUS_SENT;
  if (recipients.every((member) => member.read >= seq)) return MessageStatus.MESSAGE_STATUS_READ;
  if (recipients.every((member) => member.delivered >= seq)) return MessageStatus.MESSAGE_STATUS_DELIVERED;
  return MessageStatus.MESSAGE_STATUS_SENT;
}

/** Whether who got and read what is told at all: in conversations up to 256 members. */
export function isSmall(state: { readonly memberCount: number }): boolean {
  return state.memberCount <= smallMembersMax;
}
