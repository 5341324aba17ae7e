import type { RemoveMemberRequest, RemoveMemberResponse } from '../../../gen/circuit/chat/v1/chat_service.ts';
import { refuse } from '../../../mesh/errors/refuse.ts';
import { actorOf, senderKeyOf } from '../callers.ts';
import type { ChatHandler } from '../chat.ts';
import type { Member } from '../conversation-log/state.ts';
import { leave } from './leave.ts';
import { adminIn, checkHasMembers, isAdmin } from './rules.ts';

/** Removes a member: an admin a member, the owner anyone else, a domain server all but the owner. Oneself: leaves. */
export const removeMember: ChatHandler<RemoveMemberRequest, RemoveMemberResponse> = async (request, context) => {
  const { caller } = context;
  if (caller.kind === 'user' && caller.key === request.userKey) return { seq: await leave(context, request) };
  const conversation = await context.service.conversations.open(context, request.conversationId);

  const change = await conversation.append(context, {
    senderKey: senderKeyOf(caller),
    requestId: request.requestId,
    about: { remove: request.userKey },
    rows: [request.userKey],
    decide: (state) => {
      const remover = caller.kind === 'user' ? adminIn(state, caller.key) : undefined;
      checkHasMembers(state);
      const member = state.members.get(request.userKey);
      if (member === undefined) return { nothing: true };
      checkMayRemove(remover, member);
      return { kind: 'member_removed', user_key: member.userKey, removed_by: actorOf(caller) };
    },
  });
  context.service.typing.stop(request.conversationId, request.userKey, context.now);
  return { seq: change.entry?.seq ?? 0 };
};

function checkMayRemove(remover: Member | undefined, member: Member): void {
  if (member.role === 'owner') throw refuse('LAST_OWNER');
  if (remover !== undefined && remover.role !== 'owner' && isAdmin(member)) throw refuse('OWNER_REQUIRED');
}
