import type { GetMessageRequest, GetMessageResponse } from '../../../gen/circuit/chat/v1/chat_service.ts';
import { refuse } from '../../../mesh/errors/refuse.ts';
import type { ChatHandler } from '../chat.ts';
import { readPlace } from './message-place.ts';
import { showMessage } from './show-messages.ts';
import { readMessage } from './target.ts';

/** One message as the caller sees it; one that they hid is not found. */
export const getMessage: ChatHandler<GetMessageRequest, GetMessageResponse> = async (request, context) => {
  const reader = await readPlace(context, request);
  const message = await readMessage(reader, request.messageId);
  const { key: userKey, accountKey } = reader.user;
  const hidden = await context.service.userLogs.hidden({ userKey, accountKey }, reader.view.id, [message._id]);
  if (hidden.has(message._id)) throw refuse('MESSAGE_NOT_FOUND');
  return { message: await showMessage(context, reader, message) };
};
