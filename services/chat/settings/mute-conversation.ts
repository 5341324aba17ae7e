import type { MuteConversationRequest, MuteConversationResponse } from '../../../gen/circuit/chat/v1/chat_service.ts';
import { refuse } from '../../../mesh/errors/refuse.ts';
import type { ChatHandler } from '../chat.ts';
import { changeOwnRow } from './change-own-row.ts';

/** Silences a conversation's notifications for the caller until a time or for ever, or ends that. */
export const muteConversation: ChatHandler<MuteConversationRequest, MuteConversationResponse> = async (
  request,
  context,
) => {
  const { conversationId, muted, mutedUntil } = request;
  if (muted && mutedUntil !== undefined && !(mutedUntil.getTime() > context.now)) {
    throw refuse('INVALID_REQUEST', { violations: [{ field: 'muted_until', description: 'lies in the past' }] });
  }
  const change = { muted, mutedUntil: muted ? (mutedUntil ?? null) : null };
  return { membership: await changeOwnRow(context, conversationId, change) };
};
