// `delivery.status`: a hint to the senders of what was newly delivered or read, and to the reader's own other devices.
// It carries the whole watermark, so that a lost one is made good by the next; and watermarks come with every opening.

import { DeliveryStatusEvent } from '../../../gen/circuit/chat/v1/events.ts';
import type { ChatContext } from '../chat.ts';
import type { ConversationView } from '../conversation-log/conversation-log.ts';
import type { MemberRow } from '../documents/member-row.ts';
import { deliveredOf, isSmall } from './receipt-status.ts';

export const hintLimits = {
  /** Senders told of one move. */
  sendersMax: 32,
  /** How many of the newest entries of the move are looked at for their senders. */
  entriesMax: 100,
} as const;

/** Tells of the move from one state of a row to another. */
export async function tellReceipt(
  context: ChatContext,
  view: ConversationView,
  before: MemberRow,
  after: MemberRow,
): Promise<void> {
  const status = {
    conversationId: view.id,
    userKey: after.user_key,
    deliveredSeq: deliveredOf(after),
    readSeq: after.read_seq ?? 0,
    at: new Date(context.now),
  };
  const data = DeliveryStatusEvent.encode(status).finish();
  for (const userKey of [after.user_key, ...(await sendersConcerned(view, before, after))]) {
    context.service.bus.publish({
      topic: `d:${userKey}`,
      seq: 0,
      after: 0,
      event: 'delivery.status',
      data,
      revokedUsers: [],
      grantedTopics: [],
      revokedTopics: [],
      blanked: [],
    });
  }
}

/** Who sent what lies in the move, and is a member still, the newest first. Nobody in large conversations. */
async function sendersConcerned(
  view: ConversationView,
  before: MemberRow,
  after: MemberRow,
): Promise<readonly string[]> {
  const { members, membersComplete, type } = view.state;
  // One that was large and shrank is small again only once it was loaded anew.
  if (!isSmall(view.state) || !membersComplete || type === 'self') return [];
  const others = [...members.keys()].filter((key) => key !== after.user_key);
  if (others.length <= 1) return others;
  const { from, top } = moveOf(before, after);
  if (from >= top) return [];
  const senders = await sendersBetween(view, Math.max(from, top - hintLimits.entriesMax), top);
  const concerned = new Set(senders.toReversed().filter((key) => key !== after.user_key && members.has(key)));
  return [...concerned].slice(0, hintLimits.sendersMax);
}

/** The numbers that one of the watermarks, or both, passed: above the first, up to the second. */
function moveOf(before: MemberRow, after: MemberRow): { readonly from: number; readonly top: number } {
  const marks = [
    { from: before.read_seq ?? 0, top: after.read_seq ?? 0 },
    { from: deliveredOf(before), top: deliveredOf(after) },
  ].filter(({ from, top }) => top > from);
  return { from: Math.min(...marks.map((mark) => mark.from)), top: Math.max(0, ...marks.map((mark) => mark.top)) };
}

/** Of the messages above the first number, up to the second. One message, the newest, is known without a query. */
async function sendersBetween(view: ConversationView, from: number, top: number): Promise<readonly string[]> {
  const { last } = view.state;
  if (last?.seq === top && from === top - 1) return [last.senderKey];
  const { entries } = await view.entries(from, hintLimits.entriesMax);
  return entries.flatMap((entry) => (entry.kind === 'message' ? [entry.sender.user_key ?? ''] : []));
}
