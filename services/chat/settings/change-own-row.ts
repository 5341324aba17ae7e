import type { Membership } from '../../../gen/circuit/chat/v1/conversation.ts';
import type { ChatContext } from '../chat.ts';
import { membershipAt } from '../conversations/membership.ts';
import { openMember } from '../members/reader.ts';
import type { RowChange } from '../user-log/user-logs.ts';

/** Changes the caller's own row of a conversation, for all their devices. Resolves with the row as it is then. */
export async function changeOwnRow(
  context: ChatContext,
  conversationId: string,
  change: RowChange,
): Promise<Membership> {
  const { user, view } = await openMember(context, conversationId);
  const owner = { userKey: user.key, accountKey: user.accountKey };
  const { row } = await context.service.userLogs.changeRow(owner, view.id, change, context.signal);
  return membershipAt(context.now, row, view.state.number);
}
