import type {
  DeliveredPosition,
  MarkDeliveredRequest,
  MarkDeliveredResponse,
} from '../../../gen/circuit/chat/v1/chat_service.ts';
import { userOf } from '../callers.ts';
import type { ChatContext, ChatHandler } from '../chat.ts';
import type { MemberRow } from '../documents/member-row.ts';
import { deliveredOf, isSmall } from './receipt-status.ts';
import { tellReceipt } from './tell-receipt.ts';

/**
 * Raises the caller's delivered watermarks, each up to its conversation's head; tells the senders. A device may still
 * hold conversations that its user has left meanwhile: those are passed over.
 */
export const markDelivered: ChatHandler<MarkDeliveredRequest, MarkDeliveredResponse> = async (request, context) => {
  const { accountKey, key } = userOf(context.caller);
  const positions = highest(request.positions);
  const rows = await context.service.conversations.rows.ofUserIn(accountKey, key, [...positions.keys()]);
  const behind = rows.filter((row) => row.active && (positions.get(row.conversation_id) ?? 0) > deliveredOf(row));
  // At once: what they write goes together.
  await Promise.all(behind.map((row) => raise(context, row, positions.get(row.conversation_id) ?? 0)));
  return {};
};

/** One for each conversation, at most the request's 100. */
function highest(positions: readonly DeliveredPosition[]): ReadonlyMap<string, number> {
  const found = new Map<string, number>();
  for (const { conversationId, seq } of positions) {
    found.set(conversationId, Math.max(seq, found.get(conversationId) ?? 0));
  }
  return found;
}

async function raise(context: ChatContext, row: MemberRow, seq: number): Promise<void> {
  const view = await context.service.conversations.view(context, row.conversation_id, seq);
  const reached = Math.min(seq, view.state.seq);
  if (reached <= deliveredOf(row)) return;
  const mark = { seq: reached, at: context.now, keepTime: isSmall(view.state) };
  const changed = await context.service.userLogs.delivered(row, mark);
  if (changed.moved) await tellReceipt(context, view, row, changed.row);
}
