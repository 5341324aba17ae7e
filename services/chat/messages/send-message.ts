import type { SendMessageRequest, SendMessageResponse } from '../../../gen/circuit/chat/v1/chat_service.ts';
import type { MessageMetadata } from '../../../gen/circuit/chat/v1/message.ts';
import { refuse } from '../../../mesh/errors/refuse.ts';
import { senderKeyOf } from '../callers.ts';
import type { ChatHandler } from '../chat.ts';
import type { MessageDocument } from '../documents/entry.ts';
import type { MessageBody } from '../documents/message-document.ts';
import { storeSaid } from '../documents/stored-said.ts';
import { platforms, wordOf } from '../documents/words.ts';
import { checkMentioned } from '../members/rules.ts';
import { checkContent } from './check-content.ts';
import { quoteOf } from './quote.ts';
import { showOwn } from './show-messages.ts';
import { knowsSince, provenanceOf, senderFor, spokenFor } from './speaker.ts';

/**
 * Sends a message, for the caller or for whom a domain server names. Refuses content that does not fit its type,
 * senders who may not speak here, mentions of who is not a member, and answers to what the sender cannot see.
 */
export const sendMessage: ChatHandler<SendMessageRequest, SendMessageResponse> = async (request, context) => {
  const speaker = spokenFor(request, context.caller);
  const opening = context.service.conversations.open(context, request.conversationId);
  const [conversation, sender] = await Promise.all([opening, senderFor(context, speaker, opening)]);
  const said = storeSaid(checkContent(request));
  const provenance = provenanceOf(request);
  const mentions = said.mentions ?? [];
  const replyTo = request.replyToMessageId;

  const change = await conversation.append<MessageDocument | undefined>(context, {
    senderKey: senderKeyOf(context.caller),
    requestId: request.clientMessageId,
    about: { said, reply_to: replyTo, sender: speaker, ...provenance },
    after: request.after,
    rows: speaker && sender.user_key !== undefined ? [...mentions, sender.user_key] : mentions,
    ...(replyTo !== '' && { read: (documents) => documents.message(replyTo) }),
    decide: (state, target) => {
      const since = knowsSince(state, sender);
      checkMentioned(state, mentions);
      if (replyTo !== '' && (target === undefined || target.seq < since)) throw refuse('REPLY_TARGET_NOT_FOUND');
      return {
        kind: 'message',
        ...said,
        sender,
        ...(target !== undefined && { reply_to: quoteOf(target) }),
        ...provenance,
        metadata: metadataOf(request.clientMessageId, request.metadata),
      };
    },
  });
  if (sender.user_key !== undefined) context.service.typing.stop(request.conversationId, sender.user_key, context.now);
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
