// The first members of the conversations of a page, owner first, then as they came. One query for all that are small
// enough to be read whole, one for each that is not.

import type { Collection, Db } from 'mongodb';
import type { Participant } from '../../../gen/circuit/chat/v1/conversation.ts';
import type { ChatContext } from '../chat.ts';
import type { ConversationDocument } from '../documents/conversation-document.ts';
import type { MemberRow } from '../documents/member-row.ts';
import { inOrder } from '../members/order.ts';
import { showMembers } from '../members/show-members.ts';

/** So many members stand on a conversation itself; the rest by ListMembers. */
const membersShown = 20;

export type FirstRows = {
  /** By conversation, at most 20 rows each. `documents` are at most a page. */
  of(
    accountKey: string,
    documents: readonly ConversationDocument[],
  ): Promise<ReadonlyMap<string, readonly MemberRow[]>>;
};

export function openFirstRows(db: Db): FirstRows {
  const rows: Collection<MemberRow> = db.collection('members');

  async function ofSmall(accountKey: string, ids: readonly string[]): Promise<[string, MemberRow[]][]> {
    if (ids.length === 0) return [];
    const found = await rows
      .find({ conversation_id: { $in: [...ids] }, account_key: accountKey, active: true })
      .toArray();
    return ids.map((id) => [
      id,
      found
        .filter((row) => row.conversation_id === id)
        .sort(inOrder)
        .slice(0, membersShown),
    ]);
  }

  async function ofLarge(accountKey: string, id: string): Promise<[string, MemberRow[]]> {
    const members = rows.find({ conversation_id: id, account_key: accountKey, active: true });
    const sorted = members.sort({ rank: 1, since: 1, user_key: 1 });
    return [id, await sorted.limit(membersShown).toArray()];
  }

  return {
    async of(accountKey, documents) {
      const small = documents.filter((document) => document.member_count <= membersShown).map(({ _id }) => _id);
      const large = documents.filter((document) => document.member_count > membersShown).map(({ _id }) => _id);
      const [together, each] = await Promise.all([
        ofSmall(accountKey, small),
        Promise.all(large.map((id) => ofLarge(accountKey, id))),
      ]);
      return new Map([...together, ...each]);
    },
  };
}

/** The first members of each conversation as the others see them; all of one account. */
export async function firstMembers(
  context: ChatContext,
  accountKey: string,
  documents: readonly ConversationDocument[],
): Promise<ReadonlyMap<string, readonly Participant[]>> {
  const first = await context.service.firstRows.of(accountKey, documents);
  // All names at once: what follows finds them in memory.
  const keys = [...first.values()].flat().map((row) => row.user_key);
  await context.service.users.find(accountKey, [...new Set(keys)], context.now);
  const shown = documents.map(async ({ _id, member_count }) => {
    return [_id, await showMembers(context, accountKey, first.get(_id) ?? [], member_count)] as const;
  });
  return new Map(await Promise.all(shown));
}
