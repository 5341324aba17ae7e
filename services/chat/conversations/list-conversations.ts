import type { ListConversationsRequest, ListConversationsResponse } from '../../../gen/circuit/chat/v1/chat_service.ts';
import type { UserCaller } from '../../../mesh/service/caller.ts';
import { userOf } from '../callers.ts';
import type { ChatContext, ChatHandler } from '../chat.ts';
import { pageSizeOf } from '../messages/limits.ts';
import { pageToken, readPageToken } from '../page-token.ts';
import { firstMembers } from './first-members.ts';
import { lastMessages } from './last-messages.ts';
import { comesAfter, conversationsOf, type Rank, type Ranked, rankedConversations } from './ranked-conversations.ts';
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

  const size = pageSizeOf(request.pageSize);
  const kept = token && context.service.lists.take(user.key, String(token[0]), context.now);
  const { page, left } = kept
    ? await cutKept(context, user, kept, size)
    : cut(afterLast(await rankedConversations(context, user, filters), token), size);
  return {
    conversations: await showPage(context, user, page),
    nextPageToken: left.length === 0 ? '' : tokenOf(context, user, list, left, page.at(-1) ?? lastOf(token)),
  };
};

type Cut = { readonly page: readonly Ranked[]; readonly left: readonly string[] };

function cut(ranked: readonly Ranked[], size: number): Cut {
  return { page: ranked.slice(0, size), left: ranked.slice(size).map((each) => each.id) };
}

/** The order of the first page, without those that the user has left since: only what is shown is read. */
async function cutKept(context: ChatContext, user: UserCaller, kept: readonly string[], size: number): Promise<Cut> {
  const ids = kept.slice(0, size);
  const byId = new Map((await conversationsOf(context, user, ids)).map((each) => [each.id, each]));
  return { page: ids.flatMap((id) => byId.get(id) ?? []), left: kept.slice(size) };
}

/** Where the order of the first page is not kept: today's order after the last one shown. */
function afterLast(ranked: readonly Ranked[], token: Token | undefined): readonly Ranked[] {
  return token === undefined ? ranked : ranked.filter((each) => comesAfter(each, lastOf(token)));
}

type Token = readonly (string | number)[];

/** The last one shown, as a token tells it. */
function lastOf(token: Token | undefined): Rank {
  const [, pinned, updatedAt, id] = token ?? [];
  return { pinned: pinned === 1, updatedAt: Number(updatedAt ?? 0), id: String(id ?? '') };
}

function tokenOf(context: ChatContext, user: UserCaller, list: string, left: readonly string[], last: Rank): string {
  const name = context.service.lists.keep(user.key, left, context.now);
  return pageToken(list, [name, last.pinned ? 1 : 0, last.updatedAt, last.id]);
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
