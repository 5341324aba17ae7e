import type {
  DeleteConversationRequest,
  DeleteConversationResponse,
} from '../../../gen/circuit/chat/v1/chat_service.ts';
import type { ChatHandler } from '../chat.ts';
import { leave } from '../members/leave.ts';
import { openReader } from '../members/reader.ts';

/** Direct and self: hides and clears it for the caller until a new message. Group and channel: leaves it. */
export const deleteConversation: ChatHandler<DeleteConversationRequest, DeleteConversationResponse> = async (
  request,
  context,
) => {
  const { user, view } = await openReader(context, request.conversationId);
  if (view.state.type !== 'direct' && view.state.type !== 'self') {
    await leave(context, request);
    return {};
  }
  const { seq, number } = view.state;
  const owner = { userKey: user.key, accountKey: user.accountKey };
  const { requestId } = request;
  await context.service.userLogs.clear(owner, view.id, { requestId, seq, number }, context.signal);
  return {};
};
