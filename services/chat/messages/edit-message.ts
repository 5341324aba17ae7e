import { isDeepStrictEqual } from 'node:util';
import type { EditMessageRequest, EditMessageResponse } from '../../../gen/circuit/chat/v1/chat_service.ts';
import { refuse } from '../../../mesh/errors/refuse.ts';
import { senderKeyOf, userOf } from '../callers.ts';
import type { ChatHandler } from '../chat.ts';
import type { MessageDocument } from '../documents/entry.ts';
import { storeContent } from '../documents/stored-said.ts';
import { checkMentioned, checkOpen, memberIn } from '../members/rules.ts';
import { checkWords, mismatch } from './check-content.ts';
import { mentionsIn } from './check-ranges.ts';
import { limits } from './limits.ts';
import { openPlace } from './message-place.ts';
import { showOwn } from './show-messages.ts';
import { type LiveMessage, liveMessage } from './target.ts';

/** Replaces the words of the caller's own message; the first ones and all between stay for those who may see them. */
export const editMessage: ChatHandler<EditMessageRequest, EditMessageResponse> = async (request, context) => {
  const conversation = await openPlace(context, request);
  const user = userOf(context.caller);
  const content = storeContent(checkWords(request.content));
  const named = [...new Set(mentionsIn(request.content?.formattedText))];

  const change = await conversation.append<MessageDocument | undefined>(context, {
    senderKey: senderKeyOf(context.caller),
    requestId: request.requestId,
    about: { edit: request.messageId, content },
    rows: named,
    read: (documents) => documents.message(request.messageId),
    decide: (state, found) => {
      const member = memberIn(state, user.key);
      checkOpen(state);
      const message = liveMessage(found, member);
      if (message.sender.user_key !== user.key) throw refuse('NOT_THE_SENDER');
      if (message.content.type !== content.type) throw mismatch('content.type', `is not ${message.content.type}`);
      checkMentioned(state, named);
      if (isDeepStrictEqual(message.content, content)) return { nothing: true };
      return {
        kind: 'edited',
        target: message._id,
        content,
        mentions: [...new Set([...named, ...namedBeside(message)])].slice(0, limits.mentionsMax),
        original: message.edited?.original ?? message.content,
        edit_count: (message.edited?.edit_count ?? 0) + 1,
        user_key: user.key,
        ...(message.seq < state.lastJoined && { withheld: true }),
      };
    },
  });
  return { message: showOwn(change.message ?? (await conversation.message(request.messageId))) };
};

/** Whom the sender named beside the formatted text: an edit, which is of the words, leaves them. */
function namedBeside({ content, mentions = [] }: LiveMessage): readonly string[] {
  const inWords = new Set(content.formatted_text?.mention?.map(({ user_key }) => user_key));
  return mentions.filter((userKey) => !inWords.has(userKey));
}
