import type { Membership } from '../../../gen/circuit/chat/v1/conversation.ts';
import { userOf } from '../callers.ts';
import type { ChatContext } from '../chat.ts';
import { membershipAt } from '../conversations/membership.ts';
import { openMember } from '../members/reader.ts';
import type { RowChange } from '../user-log/user-logs.ts';

/**
 * Changes the caller's own row of a conversation, for all their devices. Takes its place on arrival, before anything is
 * awaited: of two calls the later counts. Resolves with the row as it is then.
 */
export async function changeOwnRow(
  context: ChatContext,
  conversationId: string,
  change: RowChange,
): Promise<Membership> {
  const user = userOf(context.caller);
  const owner = { userKey: user.key, accountKey: user.accountKey };
  const member = openMember(context, conversationId);
  const allowed = member.then(() => change);
  const { row } = await context.service.userLogs.changeRow(owner, conversationId, allowed, context.signal);
  const { view } = await member;
  return membershipAt(context.now, row, view.state.number);
}
