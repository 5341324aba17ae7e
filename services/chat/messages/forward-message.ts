import type { ForwardMessageRequest, ForwardMessageResponse } from '../../../gen/circuit/chat/v1/chat_service.ts';
import { CircuitError } from '../../../mesh/errors/circuit-error.ts';
import { refuse } from '../../../mesh/errors/refuse.ts';
import { senderKeyOf, userOf } from '../callers.ts';
import type { ChatContext, ChatHandler } from '../chat.ts';
import type { MessageBody, StoredContent, StoredPoll, StoredSaid } from '../documents/message-document.ts';
import { openReader } from '../members/reader.ts';
import { speakerIn } from '../members/rules.ts';
import { readPlace } from './message-place.ts';
import { senderOf } from './sender.ts';
import { showMessage } from './show-messages.ts';
import { alive, type LiveMessage, readMessage } from './target.ts';

/**
 * Sends a message that the caller can read on to another conversation: its words and files, without whom it mentioned.
 * Where it comes from is kept, and shown to those who could read it there.
 */
export const forwardMessage: ChatHandler<ForwardMessageRequest, ForwardMessageResponse> = async (request, context) => {
  // Takes its place first: what the caller sends after it comes after it.
  const opening = context.service.conversations.open(context, request.conversationId);
  const [conversation, source] = await Promise.all([opening, readSource(request, context)]);
  const user = userOf(context.caller);
  const sender = await senderOf(context);

  const change = await conversation.append(context, {
    senderKey: senderKeyOf(context.caller),
    requestId: request.clientMessageId,
    about: { forward: request.messageId },
    decide: (state) => {
      speakerIn(state, user.key);
      const forwarded = source();
      return {
        kind: 'message',
        ...passedOn(forwarded),
        sender,
        forwarded_from: originOf(forwarded),
        metadata: { client_message_id: request.clientMessageId },
      };
    },
  });
  if (change.message === undefined) throw refuse('MESSAGE_NOT_FOUND');
  const reader = await openReader(context, request.conversationId);
  return { message: await showMessage(context, reader, change.message) };
};

/** What is found, or the refusal, for the decision to throw: a repeat of what was once forwarded is not refused. */
async function readSource(request: ForwardMessageRequest, context: ChatContext): Promise<() => LiveMessage> {
  try {
    const place = { messageId: request.messageId, conversationId: request.fromConversationId };
    const source = alive(await readMessage(await readPlace(context, place), request.messageId));
    if (source.content.type === 'system') throw refuse('SYSTEM_CONTENT_NOT_ALLOWED');
    return () => source;
  } catch (error) {
    if (!(error instanceof CircuitError)) throw error;
    return () => {
      throw error;
    };
  }
}

function passedOn(source: LiveMessage): StoredSaid {
  const { attachments, location, contact, poll, sticker } = source;
  return {
    content: withoutMentions(source.content),
    ...(attachments !== undefined && { attachments }),
    ...(location !== undefined && { location }),
    ...(contact !== undefined && { contact }),
    ...(poll !== undefined && { poll: withoutVotes(poll) }),
    ...(sticker !== undefined && { sticker }),
  };
}

function withoutMentions(content: StoredContent): StoredContent {
  if (content.formatted_text?.mention === undefined) return content;
  const { formatted_text: format, ...rest } = content;
  const { mention: _dropped, ...kept } = format;
  return { ...rest, ...(Object.keys(kept).length > 0 && { formatted_text: kept }) };
}

function withoutVotes(poll: StoredPoll): StoredPoll {
  return {
    ...poll,
    closed: false,
    options: poll.options.map(({ id, text }) => ({ id, text, votes: [], vote_count: 0 })),
  };
}

/** The first of the chain stays the origin. */
function originOf(source: LiveMessage): NonNullable<MessageBody['forwarded_from']> {
  const earlier = source.forwarded_from;
  if (earlier !== undefined) return { ...earlier, forward_count: earlier.forward_count + 1 };
  return {
    original_message_id: source._id,
    original_conversation_id: source.conversation_id,
    original_seq: source.seq,
    original_sender_name: source.sender.display_name ?? '',
    forward_count: 1,
  };
}
