import type { PinConversationRequest, PinConversationResponse } from '../../../gen/circuit/chat/v1/chat_service.ts';
import type { ChatHandler } from '../chat.ts';
import { changeOwnRow } from './change-own-row.ts';

/** Pins a conversation to the top of the caller's list, or not. */
export const pinConversation: ChatHandler<PinConversationRequest, PinConversationResponse> = async (
  request,
  context,
) => ({
  membership: await changeOwnRow(context, request.conversationId, { pinned: request.pinned }),
});
