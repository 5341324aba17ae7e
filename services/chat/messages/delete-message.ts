import type { DeleteMessageRequest, DeleteMessageResponse } from '../../../gen/circuit/chat/v1/chat_service.ts';
import { DeletedFor } from '../../../gen/circuit/chat/v1/message.ts';
import { refuse } from '../../../mesh/errors/refuse.ts';
import { senderKeyOf, userOf } from '../callers.ts';
import type { ChatContext, ChatHandler } from '../chat.ts';
import type { MessageDocument } from '../documents/entry.ts';
import { isAdmin, memberIn } from '../members/rules.ts';
import { openPlace, readPlace } from './message-place.ts';
import { knownMessage, readMessage } from './target.ts';

/**
 * Deletes a message for everyone (its sender, and admins), or hides it from the caller alone. Again: nothing more
 * happens.
 */
export const deleteMessage: ChatHandler<DeleteMessageRequest, DeleteMessageResponse> = (request, context) =>
  request.deletedFor === DeletedFor.DELETED_FOR_SELF ? hide(request, context) : deleteForEveryone(request, context);

async function deleteForEveryone(request: DeleteMessageRequest, context: ChatContext): Promise<DeleteMessageResponse> {
  const conversation = await openPlace(context, request);
  const user = userOf(context.caller);

  await conversation.append<MessageDocument | undefined>(context, {
    senderKey: senderKeyOf(context.caller),
    requestId: request.requestId,
    about: { delete: request.messageId },
    read: (documents) => documents.message(request.messageId),
    decide: (state, found) => {
      const member = memberIn(state, user.key);
      const message = knownMessage(found, member);
      if (message.deleted !== undefined) return { nothing: true };
      if (message.sender.user_key !== user.key && !isAdmin(member)) throw refuse('NOT_THE_SENDER');
      return { kind: 'deleted', target: message._id, deleted_by: user.key };
    },
  });
  return {};
}

async function hide(request: DeleteMessageRequest, context: ChatContext): Promise<DeleteMessageResponse> {
  const reader = await readPlace(context, request);
  const message = await readMessage(reader, request.messageId);
  const { key: userKey, accountKey } = reader.user;
  await context.service.userLogs.hideMessages({ userKey, accountKey }, reader.view.id, [message._id], context.signal);
  return {};
}
