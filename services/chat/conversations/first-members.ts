import type { Participant } from '../../../gen/circuit/chat/v1/conversation.ts';
import type { ChatContext } from '../chat.ts';
import type { ConversationDocument } from '../log/conversation-document.ts';
import { showMembers } from '../members/show-members.ts';

/** So many members stand on a conversation itself; the rest by ListMembers. */
const membersShown = 20;

/** The first members of each of a page's conversations, owner first. */
export async function firstMembers(
  context: ChatContext,
  documents: readonly ConversationDocument[],
): Promise<ReadonlyMap<string, readonly Participant[]>> {
  const { conversations } = context.service;
  const found = await Promise.all(
    documents.map(async (document) => {
      const view = await conversations.view(context, document._id);
      const rows = await view.members(membersShown);
      return [document._id, await showMembers(context, document.account_key, rows, document.member_count)] as const;
    }),
  );
  return new Map(found);
}
