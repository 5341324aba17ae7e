// What a user may read of a conversation: from where they came (or cleared it) to where they left.

import { refuse } from '../../../mesh/errors/refuse.ts';
import type { UserCaller } from '../../../mesh/service/caller.ts';
import { userOf } from '../callers.ts';
import type { ChatContext } from '../chat.ts';
import type { ConversationView } from '../conversation-log/conversation-log.ts';
import type { MemberRow } from '../documents/member-row.ts';

export type Reader = {
  readonly user: UserCaller;
  readonly view: ConversationView;
  readonly row: MemberRow;
  /** Numbers above this one may be read, */
  readonly above: number;
  /** up to and with this one: the head, or where they left. */
  readonly upTo: number;
};

/**
 * The caller as a reader of a conversation, also of one that they have left.
 * Throws CONVERSATION_NOT_FOUND, and NOT_A_MEMBER for one who never was.
 */
export async function openReader(context: ChatContext, conversationId: string): Promise<Reader> {
  const user = userOf(context.caller);
  const view = await context.service.conversations.view(context, conversationId);
  const row = await view.row(user.key);
  if (row === undefined) throw refuse('NOT_A_MEMBER');
  return { user, view, row, ...rangeOf(row, view.state.seq) };
}

/** The same for one who is a member now. Throws NOT_A_MEMBER for those who left, too. */
export async function openMember(context: ChatContext, conversationId: string): Promise<Reader> {
  const reader = await openReader(context, conversationId);
  if (!reader.row.active) throw refuse('NOT_A_MEMBER');
  return reader;
}

/** The numbers of a log that a row's user may read: above the first, up to the second. */
export function rangeOf(row: MemberRow, head: number): { readonly above: number; readonly upTo: number } {
  const above = Math.max(row.since - 1, row.cleared_seq ?? 0);
  return { above, upTo: row.active ? head : Math.min(head, row.left_seq ?? 0) };
}

export function mayRead(range: { readonly above: number; readonly upTo: number }, seq: number): boolean {
  return seq > range.above && seq <= range.upTo;
}
