import { senderKeyOf, userOf } from '../callers.ts';
import type { ChatContext } from '../chat.ts';
import { checkHasMembers, memberIn } from './rules.ts';

/**
 * The caller leaves a group or channel; an owner's place goes to the oldest admin, else the oldest member. Resolves
 * with the number of the leaving. Rejects with NOT_A_MEMBER, and WRONG_CONVERSATION_TYPE for direct ones and self.
 */
export async function leave(
  context: ChatContext,
  request: { readonly conversationId: string; readonly requestId: string },
): Promise<number> {
  const conversation = await context.service.conversations.open(context, request.conversationId);
  const { key } = userOf(context.caller);

  const change = await conversation.append<string | undefined>(context, {
    senderKey: senderKeyOf(context.caller),
    requestId: request.requestId,
    about: { leave: key },
    read: (documents) => documents.heir(key),
    decide: (state, heir) => {
      const member = memberIn(state, key);
      checkHasMembers(state);
      const inherited = member.role === 'owner' && heir !== undefined;
      return { kind: 'member_removed', user_key: key, removed_by: key, ...(inherited && { new_owner_key: heir }) };
    },
  });
  context.service.typing.stop(request.conversationId, key, context.now);
  return change.entry?.seq ?? 0;
}
