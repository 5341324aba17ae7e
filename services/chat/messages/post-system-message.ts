import type { PostSystemMessageRequest, PostSystemMessageResponse } from '../../../gen/circuit/chat/v1/chat_service.ts';
import { refuse } from '../../../mesh/errors/refuse.ts';
import { senderKeyOf } from '../callers.ts';
import type { ChatHandler } from '../chat.ts';
import { storedMap } from '../documents/stored-map.ts';
import { checkOpen } from '../members/rules.ts';
import { messageOf } from '../topics/message-of.ts';

/** Posts a notice of a domain server into a conversation of one of its accounts; no member needs to let it in. */
export const postSystemMessage: ChatHandler<PostSystemMessageRequest, PostSystemMessageResponse> = async (
  request,
  context,
) => {
  const conversation = await context.service.conversations.open(context, request.conversationId);
  const { system, text } = request;
  if (system === undefined)
    throw refuse('INVALID_REQUEST', { violations: [{ field: 'system', description: 'is missing' }] });
  const said = {
    content: { type: 'system', ...(text !== '' && { text }) },
    system: { kind: system.kind, parameters: storedMap(system.parameters) },
  } as const;

  const change = await conversation.append(context, {
    senderKey: senderKeyOf(context.caller),
    requestId: request.clientMessageId,
    about: said,
    decide: (state) => {
      checkOpen(state);
      return {
        kind: 'message',
        ...said,
        sender: { kind: 'system', external_id: context.caller.key },
        metadata: { client_message_id: request.clientMessageId },
      };
    },
  });
  if (change.message === undefined) throw refuse('MESSAGE_NOT_FOUND');
  return { message: messageOf(change.message) };
};
