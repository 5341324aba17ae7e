// Opening the conversation in which a message stands, where the request may name the message alone.

import type { ChatContext } from '../chat.ts';
import type { OpenConversation } from '../conversation-log/conversation-log.ts';
import { openReader, type Reader } from '../members/reader.ts';

type Named = { readonly messageId: string; readonly conversationId: string };

/**
 * Opens for writing; where the conversation is told, the place in its queue is taken before anything is awaited.
 * Rejects with MESSAGE_NOT_FOUND, CONVERSATION_NOT_FOUND.
 */
export async function openPlace(context: ChatContext, request: Named): Promise<OpenConversation> {
  const { conversations } = context.service;
  if (request.conversationId !== '') return conversations.open(context, request.conversationId);
  return conversations.open(context, await conversations.conversationOf(context, request.messageId));
}

/** The caller as a reader there. Rejects with MESSAGE_NOT_FOUND, CONVERSATION_NOT_FOUND, NOT_A_MEMBER. */
export async function readPlace(context: ChatContext, request: Named): Promise<Reader> {
  const { conversations } = context.service;
  return openReader(
    context,
    request.conversationId || (await conversations.conversationOf(context, request.messageId)),
  );
}
