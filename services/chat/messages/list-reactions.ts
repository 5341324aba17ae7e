import type { ListReactionsRequest, ListReactionsResponse } from '../../../gen/circuit/chat/v1/chat_service.ts';
import { refuse } from '../../../mesh/errors/refuse.ts';
import type { ChatHandler } from '../chat.ts';
import { pageToken, readPageToken } from '../page-token.ts';
import { pageSizeOf } from './limits.ts';
import { readPlace } from './message-place.ts';
import { reactionTypeOf } from './reaction-type.ts';
import { alive, readMessage } from './target.ts';

/** Who reacted to a message, oldest first. */
export const listReactions: ChatHandler<ListReactionsRequest, ListReactionsResponse> = async (request, context) => {
  const list = `reactions/${request.messageId}`;
  const [after] = readPageToken(list, request.pageToken) ?? [];
  if (typeof after === 'string') throw refuse('PAGE_TOKEN_INVALID');
  const reader = await readPlace(context, request);
  const message = alive(await readMessage(reader, request.messageId));

  const size = pageSizeOf(request.pageSize);
  const rows = await reader.view.reactions(message._id, size + 1, after);
  const page = rows.slice(0, size);
  const last = page.at(-1);
  return {
    reactions: page.map(({ user_key, emoji, reacted_at }) => ({
      userKey: user_key,
      emoji,
      reactedAt: reacted_at,
      reactionType: reactionTypeOf(emoji),
    })),
    nextPageToken: rows.length > size && last !== undefined ? pageToken(list, [last.changed]) : '',
  };
};
