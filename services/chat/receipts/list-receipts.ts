import type { ListReceiptsRequest, ListReceiptsResponse } from '../../../gen/circuit/chat/v1/chat_service.ts';
import { refuse } from '../../../mesh/errors/refuse.ts';
import type { ChatHandler } from '../chat.ts';
import { readPlace } from '../messages/message-place.ts';
import { readMessage } from '../messages/target.ts';
import { isSmall } from './progress.ts';

/**
 * When each other member who was there for it got and read a message; for its sender, and only in conversations up to
 * 256 members.
 */
export const listReceipts: ChatHandler<ListReceiptsRequest, ListReceiptsResponse> = async (request, context) => {
  const reader = await readPlace(context, request);
  const message = await readMessage(reader, request.messageId);
  if (message.sender.user_key !== reader.user.key) throw refuse('NOT_THE_SENDER');
  if (!isSmall(reader.view.state)) return { receipts: [] };

  const times = await reader.view.receipts(message.seq);
  const { members } = reader.view.state;
  return {
    receipts: times
      .filter(({ userKey }) => userKey !== reader.user.key && (members.get(userKey)?.since ?? 0) <= message.seq)
      .map(({ userKey, deliveredAt, readAt }) => ({ userKey, deliveredAt: deliveredAt ?? readAt, readAt })),
  };
};
