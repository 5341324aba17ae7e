import type { StopTypingRequest, StopTypingResponse } from '../../../gen/circuit/chat/v1/chat_service.ts';
import type { ChatHandler } from '../chat.ts';
import { tellTyping } from './tell-typing.ts';

/** Says that the caller stopped typing. */
export const stopTyping: ChatHandler<StopTypingRequest, StopTypingResponse> = async (request, context) => {
  await tellTyping(context, request.conversationId, false);
  return {};
};
