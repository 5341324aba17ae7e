import type {
  DeliveredPosition,
  MarkDeliveredRequest,
  MarkDeliveredResponse,
} from '../../../gen/circuit/chat/v1/chat_service.ts';
import { CircuitError } from '../../../mesh/errors/circuit-error.ts';
import type { ChatContext, ChatHandler } from '../chat.ts';
import { openMember } from '../members/reader.ts';
import { deliveredOf, isSmall } from './progress.ts';
import { tellProgress } from './tell-progress.ts';

/** Raises the caller's delivered watermarks, each up to its conversation's head; tells the senders. */
export const markDelivered: ChatHandler<MarkDeliveredRequest, MarkDeliveredResponse> = async (request, context) => {
  await Promise.all([...highest(request.positions)].map(([id, seq]) => raise(context, id, seq)));
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

/** A device may still hold conversations that its user has left meanwhile: those are passed over. */
async function raise(context: ChatContext, conversationId: string, seq: number): Promise<void> {
  try {
    const { user, row, view } = await openMember(context, conversationId);
    const reached = Math.min(seq, view.state.seq);
    if (reached <= deliveredOf(row)) return;
    const owner = { userKey: user.key, accountKey: user.accountKey };
    const mark = { seq: reached, at: context.now, keepTime: isSmall(view.state) };
    const changed = await context.service.userLogs.delivered(owner, view.id, mark);
    if (changed?.moved) await tellProgress(context, view, row, changed.row);
  } catch (error) {
    if (error instanceof CircuitError && passedOver.has(error.reason)) return;
    throw error;
  }
}

const passedOver: ReadonlySet<string> = new Set(['CONVERSATION_NOT_FOUND', 'NOT_A_MEMBER']);
