import type { ListReceiptsRequest, ListReceiptsResponse } from '../../../gen/circuit/chat/v1/chat_service.ts';
import { refuse } from '../../../mesh/errors/refuse.ts';
import type { ChatHandler } from '../chat.ts';
import { smallMembersMax } from '../conversation-log/state.ts';
import { inOrder, positionOf } from '../members/order.ts';
import { pageSizeOf } from '../messages/limits.ts';
import { readPlace } from '../messages/message-place.ts';
import { readMessage } from '../messages/target.ts';
import { pageToken, readPageToken } from '../page-token.ts';
import { isSmall, recipientsOf, timedSeqs } from './receipt-status.ts';

/**
 * When each other member who was there for it got and read a message; for its sender while they are a member, and
 * only in conversations up to 256 members. A page goes on after the last one's place among the members.
 */
export const listReceipts: ChatHandler<ListReceiptsRequest, ListReceiptsResponse> = async (request, context) => {
  const list = `receipts/${request.messageId}`;
  const after = positionOf(readPageToken(list, request.pageToken));
  const reader = await readPlace(context, request);
  if (!reader.row.active) throw refuse('NOT_A_MEMBER');
  const message = await readMessage(reader, request.messageId);
  if (message.sender.user_key !== reader.user.key) throw refuse('NOT_THE_SENDER');
  if (!isSmall(reader.view.state)) return { receipts: [], nextPageToken: '' };

  const recipients = recipientsOf(await reader.view.members(smallMembersMax), message);
  const size = pageSizeOf(request.pageSize);
  const left = after === undefined ? recipients : recipients.filter((row) => inOrder(after, row) < 0);
  const page = left.slice(0, size);
  const last = page.at(-1);
  const times = await reader.view.receipts(page, timedSeqs([message], context.now));
  return {
    receipts: page.map((row) => ({ userKey: row.user_key, ...times(row, message.seq) })),
    nextPageToken: left.length > size && last ? pageToken(list, [last.rank, last.since, last.user_key]) : '',
  };
};
