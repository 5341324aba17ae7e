import type { ListConversationsRequest, ListConversationsResponse } from '../../../gen/circuit/chat/v1/chat_service.ts';
import type { UserCaller } from '../../../mesh/service/caller.ts';
import { userOf } from '../callers.ts';
import type { ChatContext, ChatHandler } from '../chat.ts';
import { pageSizeOf } from '../messages/limits.ts';
import { pageToken, readPageToken } from '../page-token.ts';
import { firstMembers } from './first-members.ts';
import { lastMessages } from './last-messages.ts';
import { comesAfter, type Ranked, rankedConversations } from './ranked-conversations.ts';
import { showConversation } from './show-conversation.ts';

/** The caller's conversations, pinned first, then by latest activity. */
export const listConversations: ChatHandler<ListConversationsRequest, ListConversationsResponse> = async (
  request,
  context,
) => {
  const user = userOf(context.caller);
  const filters = { unreadOnly: request.unreadOnly, archived: request.archived ?? false, type: request.type };
  const list = `conversations/${user.key}/${JSON.stringify(filters)}`;
  const token = readPageToken(list, request.pageToken);

  const ranked = await rankedConversations(context, user, filters);
  const rest = token === undefined ? ranked : restOf(context, user, ranked, token);
  const page = rest.slice(0, pageSizeOf(request.pageSize));
  const left = rest.slice(page.length);
  return {
    conversations: await showPage(context, user, page),
    nextPageToken: left.length === 0 ? '' : tokenOf(context, user, list, page, left),
  };
};

/** In the order of the first page where that is kept, else in today's order after the last one shown. */
function restOf(
  context: ChatContext,
  user: UserCaller,
  ranked: readonly Ranked[],
  token: readonly (string | number)[],
): readonly Ranked[] {
  const [name, pinned, updatedAt, id] = token;
  const kept = context.service.lists.take(user.key, String(name), context.now);
  if (kept === undefined) {
    const last = { pinned: pinned === 1, updatedAt: Number(updatedAt), id: String(id) };
    return ranked.filter((each) => comesAfter(each, last));
  }
  const byId = new Map(ranked.map((each) => [each.id, each]));
  return kept.flatMap((conversationId) => byId.get(conversationId) ?? []);
}

function tokenOf(
  context: ChatContext,
  user: UserCaller,
  list: string,
  page: readonly Ranked[],
  left: readonly Ranked[],
): string {
  const last = page.at(-1);
  const name = context.service.lists.keep(
    user.key,
    left.map((each) => each.id),
    context.now,
  );
  return pageToken(list, [name, last?.pinned ? 1 : 0, last?.updatedAt ?? 0, last?.id ?? '']);
}

async function showPage(context: ChatContext, user: UserCaller, page: readonly Ranked[]) {
  const [participants, last] = await Promise.all([
    firstMembers(
      context,
      user.accountKey,
      page.map((each) => each.document),
    ),
    lastMessages(context, { userKey: user.key, accountKey: user.accountKey }, page),
  ]);
  const { now, service } = context;
  return page.map(({ id, row, document }) =>
    showConversation({
      document,
      row,
      participants: participants.get(id) ?? [],
      lastMessage: last.get(id),
      typers: service.typing.typers(id, now),
      now,
    }),
  );
}
