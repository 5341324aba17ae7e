import type { ListMembersRequest, ListMembersResponse } from '../../../gen/circuit/chat/v1/chat_service.ts';
import type { ChatHandler } from '../chat.ts';
import { pageSizeOf } from '../messages/limits.ts';
import { pageToken, readPageToken } from '../page-token.ts';
import { positionOf } from './order.ts';
import { openMember } from './reader.ts';
import { showMembers } from './show-members.ts';

/** The members, owner first, then as they came. */
export const listMembers: ChatHandler<ListMembersRequest, ListMembersResponse> = async (request, context) => {
  const list = `members/${request.conversationId}`;
  const after = positionOf(readPageToken(list, request.pageToken));
  const { view, user } = await openMember(context, request.conversationId);

  const size = pageSizeOf(request.pageSize);
  const rows = await view.members(size + 1, after);
  const page = rows.slice(0, size);
  const last = page.at(-1);
  return {
    members: await showMembers(context, user.accountKey, page, view.state.memberCount),
    nextPageToken: rows.length > size && last ? pageToken(list, [last.rank, last.since, last.user_key]) : '',
  };
};
