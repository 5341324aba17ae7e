import type { Participant } from '../../../gen/circuit/chat/v1/conversation.ts';
import type { ChatContext } from '../chat.ts';
import { smallMembersMax } from '../conversation-log/state.ts';
import type { MemberRow } from '../documents/member-row.ts';
import { roles } from '../documents/words.ts';
import { deliveredOf } from '../receipts/receipt-status.ts';

/** Rows as the other members see them: names of today, and how far each has got in conversations up to 256 members. */
export async function showMembers(
  context: ChatContext,
  accountKey: string,
  rows: readonly MemberRow[],
  memberCount: number,
): Promise<readonly Participant[]> {
  const keys = rows.map((row) => row.user_key);
  const users = await context.service.users.find(accountKey, keys, context.now);
  const small = memberCount <= smallMembersMax;
  return rows.map((row) => {
    const user = users.get(row.user_key);
    return {
      userKey: row.user_key,
      role: roles[row.role],
      joinedAt: row.joined_at,
      addedBy: row.added_by ?? '',
      nicknameInGroup: '',
      displayName: user?.displayName ?? '',
      avatarUrl: user?.avatarUrl ?? '',
      deliveredSeq: small ? deliveredOf(row) : 0,
      readSeq: small ? (row.read_seq ?? 0) : 0,
    };
  });
}
