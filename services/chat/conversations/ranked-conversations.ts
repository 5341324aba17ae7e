// A user's conversations in the order of their list: pinned first, then by latest activity. Reads the user's rows (at
// most 5 000) and the conversations' head documents in batches.

import { type ConversationType, ConversationType as Types } from '../../../gen/circuit/chat/v1/conversation.ts';
import type { UserCaller } from '../../../mesh/service/caller.ts';
import type { ChatContext } from '../chat.ts';
import type { ConversationDocument } from '../documents/conversation-document.ts';
import { type MemberRow, unreadOf } from '../documents/member-row.ts';
import { conversationTypes } from '../documents/words.ts';

export type Filters = { readonly unreadOnly: boolean; readonly archived: boolean; readonly type: ConversationType };

export type Rank = { readonly pinned: boolean; readonly updatedAt: number; readonly id: string };

export type Ranked = Rank & { readonly row: MemberRow; readonly document: ConversationDocument };

/** The most that `newestSummaries` answers at once. */
const batch = 500;

export async function rankedConversations(
  context: ChatContext,
  user: UserCaller,
  filters: Filters,
): Promise<readonly Ranked[]> {
  const { conversations } = context.service;
  const rows = await conversations.rows.ofUser(user.accountKey, user.key);
  const candidates = rows.filter((row) => (row.archived ?? false) === filters.archived);
  const batches: Promise<ReadonlyMap<string, ConversationDocument>>[] = [];
  for (let from = 0; from < candidates.length; from += batch) {
    const ids = candidates.slice(from, from + batch).map((row) => row.conversation_id);
    batches.push(conversations.newestSummaries(user.accountKey, ids));
  }
  const documents = new Map((await Promise.all(batches)).flatMap((found) => [...found]));
  const ranked = candidates.flatMap((read) => {
    const row = conversations.rowAsKnownHere(read);
    const document = documents.get(row.conversation_id);
    return document !== undefined && fits(row, document, filters) ? [rankOf(row, document)] : [];
  });
  return ranked.sort((one, other) => (comesAfter(one, other) ? 1 : -1));
}

/** These conversations of the user, in no order; those that they are not in any more are left out. */
export async function conversationsOf(
  context: ChatContext,
  user: UserCaller,
  ids: readonly string[],
): Promise<readonly Ranked[]> {
  const { conversations } = context.service;
  const [rows, documents] = await Promise.all([
    conversations.rows.ofUserIn(user.accountKey, user.key, ids),
    conversations.newestSummaries(user.accountKey, ids),
  ]);
  return rows.flatMap((read) => {
    const row = conversations.rowAsKnownHere(read);
    const document = documents.get(row.conversation_id);
    return row.active && document !== undefined ? [rankOf(row, document)] : [];
  });
}

function fits(row: MemberRow, document: ConversationDocument, filters: Filters): boolean {
  if (filters.type !== Types.CONVERSATION_TYPE_UNSPECIFIED && conversationTypes[document.type] !== filters.type) {
    return false;
  }
  if (filters.unreadOnly && unreadOf(row, document.last_number) === 0) return false;
  return !isHidden(row, document);
}

/** Hidden until somebody says something: notices do not bring it back. */
function isHidden(row: MemberRow, document: ConversationDocument): boolean {
  return row.hidden === true && document.last_number <= (row.cleared_number ?? 0);
}

function rankOf(row: MemberRow, document: ConversationDocument): Ranked {
  return { id: document._id, pinned: row.pinned ?? false, updatedAt: document.updated_at.getTime(), row, document };
}

/** Whether one stands below another in the list; equal times are told apart by id. */
export function comesAfter(one: Rank, other: Rank): boolean {
  if (one.pinned !== other.pinned) return other.pinned;
  if (one.updatedAt !== other.updatedAt) return one.updatedAt < other.updatedAt;
  return one.id > other.id;
}
