import type { SendMessageRequest, SendMessageResponse } from '../../../gen/circuit/chat/v1/chat_service.ts';
import type { MessageMetadata } from '../../../gen/circuit/chat/v1/message.ts';
import { refuse } from '../../../mesh/errors/refuse.ts';
import { senderKeyOf, userOf } from '../callers.ts';
import type { ChatHandler } from '../chat.ts';
import type { MessageDocument } from '../log/entry.ts';
import type { MessageBody } from '../log/message-document.ts';
import { storeSaid } from '../log/stored-said.ts';
import { platforms, wordOf } from '../log/words.ts';
import { checkMentioned, speakerIn } from '../members/rules.ts';
import { checkContent } from './check-content.ts';
import { quoteOf } from './quote.ts';
import { senderOf } from './sender.ts';
import { showOwn } from './show-messages.ts';

/**
 * Sends a message. Refuses content that does not fit its type, senders who may not speak here, mentions of who is not a
 * member, and answers to what the sender cannot see.
 */
export const sendMessage: ChatHandler<SendMessageRequest, SendMessageResponse> = async (request, context) => {
  const opening = context.service.conversations.open(context, request.conversationId);
  const user = userOf(context.caller);
  const [conversation, sender] = await Promise.all([opening, senderOf(context)]);
  const said = storeSaid(checkContent(request));
  const mentions = said.mentions ?? [];
  const replyTo = request.replyToMessageId;

  const change = await conversation.append<MessageDocument | undefined>(context, {
    senderKey: senderKeyOf(context.caller),
    requestId: request.clientMessageId,
    about: { said, reply_to: replyTo },
    after: request.after,
    rows: mentions,
    ...(replyTo !== '' && { read: (documents) => documents.message(replyTo) }),
    decide: (state, target) => {
      const speaker = speakerIn(state, user.key);
      checkMentioned(state, mentions);
      if (replyTo !== '' && (target === undefined || target.seq < speaker.since))
        throw refuse('REPLY_TARGET_NOT_FOUND');
      return {
        kind: 'message',
        ...said,
        sender,
        ...(target !== undefined && { reply_to: quoteOf(target) }),
        metadata: metadataOf(request.clientMessageId, request.metadata),
      };
    },
  });
  context.service.typing.stop(request.conversationId, user.key, context.now);
  return { message: showOwn(change.message) };
};

/** What the app says of itself. The id is the request's, whatever the app writes here. */
export function metadataOf(clientMessageId: string, told: MessageMetadata | undefined): MessageBody['metadata'] {
  const platform = told && wordOf(platforms, told.platform);
  return {
    client_message_id: clientMessageId,
    ...(platform !== undefined && { platform }),
    ...(told?.appVersion && { app_version: told.appVersion }),
  };
}
