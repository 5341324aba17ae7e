import type { UnreactRequest, UnreactResponse } from '../../../gen/circuit/chat/v1/chat_service.ts';
import type { ChatHandler } from '../chat.ts';
import { changeReaction } from './reaction.ts';

/** Takes the caller's reaction back. */
export const unreact: ChatHandler<UnreactRequest, UnreactResponse> = async (request, context) => ({
  reactions: await changeReaction(context, request, true),
});
