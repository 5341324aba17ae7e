import type { SaveDraftRequest, SaveDraftResponse } from '../../../gen/circuit/chat/v1/chat_service.ts';
import type { ChatHandler } from '../chat.ts';
import { changeOwnRow } from './change-own-row.ts';

/** Keeps what the caller wrote and did not send, for all their devices; empty words remove it. */
export const saveDraft: ChatHandler<SaveDraftRequest, SaveDraftResponse> = async (request, context) => {
  const { conversationId, content } = request;
  const draft = content === '' ? null : { content, updatedAt: context.now };
  return { membership: await changeOwnRow(context, conversationId, { draft }) };
};
