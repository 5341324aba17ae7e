import type { StartTypingRequest, StartTypingResponse } from '../../../gen/circuit/chat/v1/chat_service.ts';
import type { ChatHandler } from '../chat.ts';
import { tellTyping } from './tell-typing.ts';

/** Says that the caller types, for 5 s from now; or, with `stop`, that they stopped. */
export const startTyping: ChatHandler<StartTypingRequest, StartTypingResponse> = async (request, context) => {
  await tellTyping(context, request.conversationId, !request.stop);
  return {};
};
