import type {
  ArchiveConversationRequest,
  ArchiveConversationResponse,
} from '../../../gen/circuit/chat/v1/chat_service.ts';
import type { ChatHandler } from '../chat.ts';
import { changeOwnRow } from './change-own-row.ts';

/** Puts a conversation away for the caller, or back. */
export const archiveConversation: ChatHandler<ArchiveConversationRequest, ArchiveConversationResponse> = async (
  request,
  context,
) => ({
  membership: await changeOwnRow(context, request.conversationId, { archived: request.archived }),
});
