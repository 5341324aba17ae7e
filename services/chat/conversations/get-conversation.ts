import type { GetConversationRequest, GetConversationResponse } from '../../../gen/circuit/chat/v1/chat_service.ts';
import type { Conversation } from '../../../gen/circuit/chat/v1/conversation.ts';
import { refuse } from '../../../mesh/errors/refuse.ts';
import type { ChatContext, ChatHandler } from '../chat.ts';
import { openReader, type Reader } from '../members/reader.ts';
import { firstMembers } from './first-members.ts';
import { lastMessages } from './last-messages.ts';
import { showConversation } from './show-conversation.ts';

/** One conversation of the caller, with who types now. One that they left shows what it was then. */
export const getConversation: ChatHandler<GetConversationRequest, GetConversationResponse> = async (
  request,
  context,
) => ({
  conversation: await conversationFor(context, await openReader(context, request.conversationId)),
});

/** The conversation as this reader sees it. */
export async function conversationFor(context: ChatContext, reader: Reader): Promise<Conversation> {
  const { row, user, view } = reader;
  const { service, now } = context;
  const document = (await service.conversations.summaries(user.accountKey, [view.id])).get(view.id);
  if (document === undefined) throw refuse('CONVERSATION_NOT_FOUND');
  const [participants, last] = await Promise.all([
    row.active ? firstMembers(context, user.accountKey, [document]) : new Map<string, never>(),
    lastMessages(context, { userKey: user.key, accountKey: user.accountKey }, [{ row, document }]),
  ]);
  return showConversation({
    document,
    row,
    participants: participants.get(view.id) ?? [],
    lastMessage: last.get(view.id),
    typers: row.active ? service.typing.typers(view.id, now) : [],
    now,
  });
}
