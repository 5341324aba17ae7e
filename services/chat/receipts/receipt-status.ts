// How far the members of a small conversation have got, and what a sender is shown of it.

import { type DeliveryCounts, MessageStatus } from '../../../gen/circuit/chat/v1/message.ts';
import { receiptsKeptSeconds } from '../conversation-log/receipts.ts';
import { smallMembersMax } from '../conversation-log/state.ts';
import type { MessageDocument } from '../documents/entry.ts';
import type { MemberRow } from '../documents/member-row.ts';

/** Whom a message is for: the members beside its sender who were there for it. */
export function recipientsOf(rows: readonly MemberRow[], { seq, sender }: MessageDocument): readonly MemberRow[] {
  return rows.filter((row) => row.user_key !== sender.user_key && row.since <= seq);
}

/** What was read has reached a device, whether or not that device said so. */
export function deliveredOf(row: MemberRow): number {
  return Math.max(row.delivered_seq ?? 0, row.read_seq ?? 0);
}

/** Of these messages the numbers of those whose times may be kept still. `now`: milliseconds since 1970. */
export function timedSeqs(messages: readonly MessageDocument[], now: number): readonly number[] {
  const since = now - receiptsKeptSeconds * 1_000;
  return messages.filter((message) => message.created_at.getTime() > since).map(({ seq }) => seq);
}

/** How many of its recipients the message `seq` has reached. */
export function countsOf(recipients: readonly MemberRow[], seq: number): DeliveryCounts {
  return {
    recipients: recipients.length,
    delivered: recipients.filter((row) => deliveredOf(row) >= seq).length,
    read: recipients.filter((row) => (row.read_seq ?? 0) >= seq).length,
  };
}

/** Delivered or read by every recipient; sent where that is not known (large conversations) or there is nobody else. */
export function statusOf(counts: DeliveryCounts | undefined): MessageStatus {
  if (counts === undefined || counts.recipients === 0) return MessageStatus.MESSAGE_STATUS_SENT;
  if (counts.read === counts.recipients) return MessageStatus.MESSAGE_STATUS_READ;
  if (counts.delivered === counts.recipients) return MessageStatus.MESSAGE_STATUS_DELIVERED;
  return MessageStatus.MESSAGE_STATUS_SENT;
}

/** Whether who got and read what is told at all: in conversations up to 256 members. */
export function isSmall(state: { readonly memberCount: number }): boolean {
  return state.memberCount <= smallMembersMax;
}
