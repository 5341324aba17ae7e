// Adding and taking back a reaction: one change of the log, whichever RPC asks for it.

import type { Reaction } from '../../../gen/circuit/chat/v1/message.ts';
import { refuse } from '../../../mesh/errors/refuse.ts';
import { senderKeyOf, userOf } from '../callers.ts';
import type { ChatContext } from '../chat.ts';
import type { FoundReaction } from '../conversation-log/conversation-log.ts';
import type { MessageDocument } from '../documents/entry.ts';
import { checkOpen, memberIn } from '../members/rules.ts';
import { messageOf } from '../topics/message-of.ts';
import { emojiOf } from './emoji.ts';
import { limits } from './limits.ts';
import { openPlace } from './message-place.ts';
import { liveMessage } from './target.ts';

export type ReactionRequest = {
  readonly messageId: string;
  readonly conversationId: string;
  readonly requestId: string;
  readonly emoji: string;
};

/**
 * The message's reactions after the change; nothing happens where it stands so already. Throws MESSAGE_NOT_FOUND,
 * MESSAGE_DELETED, TOO_MANY_REACTIONS, INVALID_REQUEST for what is no emoji.
 */
export async function changeReaction(
  context: ChatContext,
  request: ReactionRequest,
  removed: boolean,
): Promise<readonly Reaction[]> {
  const conversation = await openPlace(context, request);
  const user = userOf(context.caller);
  const { messageId } = request;
  const emoji = emojiOf(request.emoji);

  const change = await conversation.append<FoundReaction>(context, {
    senderKey: senderKeyOf(context.caller),
    requestId: request.requestId,
    about: { react: messageId, emoji, removed },
    read: (documents) => documents.reaction(messageId, user.key, emoji),
    decide: (state, found) => {
      const member = memberIn(state, user.key);
      checkOpen(state);
      const message = liveMessage(found.message, member);
      if (found.reacted !== removed) return { nothing: true };
      if (!removed) checkRoom(message, emoji);
      return { kind: 'reaction', target: messageId, user_key: user.key, emoji, removed };
    },
  });
  const message = change.message ?? (await conversation.message(messageId));
  return message === undefined ? [] : messageOf(message).reactions;
}

function checkRoom(message: MessageDocument, emoji: string): void {
  const kinds = message.reactions ?? [];
  if (kinds.length < limits.reactionKindsMax || kinds.some((kind) => kind.emoji === emoji)) return;
  throw refuse('TOO_MANY_REACTIONS');
}
