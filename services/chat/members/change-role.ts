import type { ChangeRoleRequest, ChangeRoleResponse } from '../../../gen/circuit/chat/v1/chat_service.ts';
import { refuse } from '../../../mesh/errors/refuse.ts';
import { actorOf, senderKeyOf } from '../callers.ts';
import type { ChatHandler } from '../chat.ts';
import type { ConversationState } from '../conversation-log/state.ts';
import { roles, wordOf } from '../documents/words.ts';
import { checkHasMembers, checkOpen, memberIn, ownerIn } from './rules.ts';

/** Changes what a member may do; for the owner and domain servers. A new owner makes the former one an admin. */
export const changeRole: ChatHandler<ChangeRoleRequest, ChangeRoleResponse> = async (request, context) => {
  const { caller } = context;
  const role = wordOf(roles, request.role);
  if (role === undefined)
    throw refuse('INVALID_REQUEST', { violations: [{ field: 'role', description: 'is no role' }] });
  const conversation = await context.service.conversations.open(context, request.conversationId);

  const change = await conversation.append(context, {
    senderKey: senderKeyOf(caller),
    requestId: request.requestId,
    about: { role, of: request.userKey },
    rows: [request.userKey],
    decide: (state) => {
      if (caller.kind === 'user') ownerIn(state, caller.key);
      checkHasMembers(state);
      checkOpen(state);
      const member = memberIn(state, request.userKey);
      if (member.role === role) return { nothing: true };
      if (member.role === 'owner') throw refuse('LAST_OWNER');
      const former = role === 'owner' ? ownerOf(state) : undefined;
      return {
        kind: 'role',
        user_key: member.userKey,
        role,
        changed_by: actorOf(caller),
        ...(former !== undefined && { former_owner_key: former }),
      };
    },
  });
  return { seq: change.entry?.seq ?? 0 };
};

/** The owner is cached whatever the size of the conversation. */
function ownerOf(state: ConversationState): string | undefined {
  for (const member of state.members.values()) if (member.role === 'owner') return member.userKey;
  return undefined;
}
