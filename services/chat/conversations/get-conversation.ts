import type { GetConversationRequest, GetConversationResponse } from '../../../gen/circuit/chat/v1/chat_service.ts';
import type { Conversation } from '../../../gen/circuit/chat/v1/conversation.ts';
import { refuse } from '../../../mesh/errors/refuse.ts';
import type { ChatContext, ChatHandler } from '../chat.ts';
import type { ConversationDocument } from '../documents/conversation-document.ts';
import type { MemberRow } from '../documents/member-row.ts';
import { openReader, type Reader } from '../members/reader.ts';
import { firstMembers } from './first-members.ts';
import { lastMessages } from './last-messages.ts';
import { groupMembersOf, showConversation } from './show-conversation.ts';

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
  const found = (await service.conversations.summaries(user.accountKey, [view.id])).get(view.id);
  if (found === undefined) throw refuse('CONVERSATION_NOT_FOUND');
  const document = row.active ? found : asLeft(found, row);
  const [participants, last] = await Promise.all([
    row.active ? firstMembers(context, user.accountKey, [document]) : new Map<string, never>(),
    lastMessages(context, { userKey: user.key, accountKey: user.accountKey }, [{ row, document }]),
  ]);
  const shown = showConversation({
    document,
    row,
    participants: participants.get(view.id) ?? [],
    lastMessage: last.get(view.id),
    typers: row.active ? service.typing.typers(view.id, now) : [],
    now,
  });
  return { ...shown, members: row.active ? groupMembersOf(view.state) : undefined };
}

/** Nothing of what came after they left: not how much was said, by how many, or when. */
function asLeft(document: ConversationDocument, row: MemberRow): ConversationDocument {
  return {
    ...document,
    last_seq: row.left_seq ?? 0,
    last_number: 0,
    member_count: 0,
    updated_at: row.left_at ?? document.created_at,
  };
}
