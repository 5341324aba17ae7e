import type { ReactRequest, ReactResponse } from '../../../gen/circuit/chat/v1/chat_service.ts';
import type { ChatHandler } from '../chat.ts';
import { changeReaction } from './reaction.ts';

/** Adds the caller's reaction to a message, or takes it back. */
export const react: ChatHandler<ReactRequest, ReactResponse> = async (request, context) => ({
  reactions: await changeReaction(context, request, request.remove),
});
