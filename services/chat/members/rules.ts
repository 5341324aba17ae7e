// Who may do what in a conversation: pure, on the state at the head, for decisions to call.

import { refuse } from '../../../mesh/errors/refuse.ts';
import type { ConversationState, Member } from '../conversation-log/state.ts';

/** The user as a member; throws NOT_A_MEMBER. */
export function memberIn(state: ConversationState, userKey: string): Member {
  const member = state.members.get(userKey);
  if (member === undefined) throw refuse('NOT_A_MEMBER');
  return member;
}

/** The user as somebody who may speak here now. Throws NOT_A_MEMBER, CONVERSATION_CLOSED, ONLY_ADMINS_CAN_SEND. */
export function speakerIn(state: ConversationState, userKey: string): Member {
  const member = memberIn(state, userKey);
  checkMaySpeak(state, member);
  return member;
}

/** Throws CONVERSATION_CLOSED, ONLY_ADMINS_CAN_SEND. */
export function checkMaySpeak(state: ConversationState, member: { readonly role: Member['role'] }): void {
  checkOpen(state);
  const adminsOnly = state.type === 'channel' || state.settings.only_admins_can_send;
  if (adminsOnly && !isAdmin(member)) throw refuse('ONLY_ADMINS_CAN_SEND');
}

/** The user as an admin or the owner. Throws NOT_A_MEMBER, ADMIN_REQUIRED. */
export function adminIn(state: ConversationState, userKey: string): Member {
  const member = memberIn(state, userKey);
  if (!isAdmin(member)) throw refuse('ADMIN_REQUIRED');
  return member;
}

/** The user as the owner. Throws NOT_A_MEMBER, OWNER_REQUIRED. */
export function ownerIn(state: ConversationState, userKey: string): Member {
  const member = memberIn(state, userKey);
  if (member.role !== 'owner') throw refuse('OWNER_REQUIRED');
  return member;
}

export function isAdmin(member: { readonly role: Member['role'] }): boolean {
  return member.role === 'admin' || member.role === 'owner';
}

/** Throws CONVERSATION_CLOSED once it has ended. */
export function checkOpen(state: ConversationState): void {
  if (!state.isActive) throw refuse('CONVERSATION_CLOSED');
}

/** Throws WRONG_CONVERSATION_TYPE for direct ones and self, whose members never change. */
export function checkHasMembers(state: ConversationState): void {
  if (state.type === 'direct' || state.type === 'self') throw refuse('WRONG_CONVERSATION_TYPE');
}

/** Throws CONTENT_MISMATCH, naming the first who is mentioned and not a member. */
export function checkMentioned(state: ConversationState, mentions: readonly string[]): void {
  const stranger = mentions.find((userKey) => !state.members.has(userKey));
  if (stranger === undefined) return;
  throw refuse('CONTENT_MISMATCH', {
    violations: [{ field: 'mentions', description: `${stranger} is not a member of this conversation` }],
  });
}
