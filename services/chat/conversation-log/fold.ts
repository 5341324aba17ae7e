// How a conversation's state comes from its log: one entry at a time, purely.

import { purposeOf } from '../documents/conversation-document.ts';
import type { Entry, EntryOf, NewEntry } from '../documents/entry.ts';
import type { RoleWord } from '../documents/member-row.ts';
import type { StoredContent } from '../documents/message-document.ts';
import type { Placing } from '../log/log-kind.ts';
import type { ConversationState, LastSaid, Member } from './state.ts';

/** The entry that a decision becomes: the next of the log, with what the log itself says of it. */
export function placeEntry(state: ConversationState, body: NewEntry, placing: Placing): Entry {
  if (body.kind === 'message') return placeMessage(state, body, placing);
  const head = {
    _id: placing._id,
    conversation_id: placing.key,
    account_key: state.accountKey,
    seq: state.seq + 1,
    number: state.number,
    sender_key: placing.sender_key,
    request_id: placing.request_id,
    about: placing.about,
    created_at: placing.created_at,
  };
  switch (body.kind) {
    case 'created':
    case 'members_added':
      return { ...head, shown: true, ...body, member_count: state.memberCount + body.members.length };
    case 'member_removed':
      return { ...head, shown: true, ...body, member_count: state.memberCount - 1 };
    case 'role':
      return { ...head, shown: true, ...body, member_count: state.memberCount };
    default:
      return { ...head, ...body };
  }
}

/** Every send passes here. Assigned to a literal: spreads of so many fields cost 20 µs in V8, this a tenth of one. */
function placeMessage(
  state: ConversationState,
  body: Extract<NewEntry, { kind: 'message' }>,
  placing: Placing,
): EntryOf<'message'> {
  const head = {
    _id: placing._id,
    conversation_id: placing.key,
    account_key: state.accountKey,
    seq: state.seq + 1,
    number: state.number + (body.content.type === 'system' ? 0 : 1),
    sender_key: placing.sender_key,
    request_id: placing.request_id,
    about: placing.about,
    created_at: placing.created_at,
    shown: true as const,
    changed: state.seq + 1,
    updated_at: placing.created_at,
  };
  return Object.assign(head, body);
}

/** The state with the next entry in it. */
export function foldEntry(state: ConversationState, entry: Entry): ConversationState {
  if (entry.kind === 'message') return foldMessage(state, entry);
  const next = { ...state, seq: entry.seq, number: entry.number, updatedAt: entry.created_at.getTime() };
  switch (entry.kind) {
    case 'edited':
      return state.last?.messageId === entry.target ? { ...next, last: editedLast(state.last, entry) } : next;
    case 'deleted':
      return state.last?.messageId === entry.target
        ? { ...next, last: { ...state.last, said: undefined, preview: undefined } }
        : next;
    case 'reaction':
      return next;
    case 'created':
      return {
        ...next,
        type: entry.type,
        info: entry.info,
        settings: entry.settings,
        purpose: purposeOf(entry),
        createdBy: entry.created_by,
        createdAt: next.updatedAt,
        isActive: true,
        memberCount: entry.member_count,
        members: withMembers(state, entry, undefined),
        membersComplete: true,
      };
    case 'members_added':
      return {
        ...next,
        memberCount: entry.member_count,
        members: withMembers(state, entry, entry.added_by),
        lastJoined: entry.seq,
      };
    case 'member_removed':
      return { ...next, memberCount: entry.member_count, members: withoutMember(state, entry) };
    case 'role': {
      const members = new Map(state.members);
      setRole(members, state, entry.user_key, entry.role);
      if (entry.former_owner_key !== undefined) setRole(members, state, entry.former_owner_key, 'admin');
      return { ...next, members };
    }
  }
}

function foldMessage(state: ConversationState, entry: EntryOf<'message'>): ConversationState {
  return {
    conversationId: state.conversationId,
    accountKey: state.accountKey,
    seq: entry.seq,
    number: entry.number,
    type: state.type,
    info: state.info,
    settings: state.settings,
    purpose: state.purpose,
    createdBy: state.createdBy,
    createdAt: state.createdAt,
    updatedAt: entry.created_at.getTime(),
    isActive: state.isActive,
    memberCount: state.memberCount,
    members: state.members,
    membersComplete: state.membersComplete,
    last: lastOf(entry),
    lastJoined: state.lastJoined,
    floorSeq: state.floorSeq,
  };
}

function lastOf(message: EntryOf<'message'>): LastSaid {
  return {
    messageId: message._id,
    seq: message.seq,
    senderKey: message.sender.user_key ?? '',
    senderName: message.sender.display_name ?? '',
    sentAt: message.created_at,
    type: message.content?.type ?? 'text',
    said: saidIn(message),
    preview: undefined,
  };
}

function saidIn(message: EntryOf<'message'>): LastSaid['said'] {
  return hasContent(message) ? message : undefined;
}

function hasContent(message: EntryOf<'message'>): message is EntryOf<'message'> & { content: StoredContent } {
  return message.content !== undefined;
}

function editedLast(last: LastSaid, entry: EntryOf<'edited'>): LastSaid {
  if (entry.content === undefined) return { ...last, said: undefined, preview: undefined };
  const { text, caption } = entry.content;
  // Loaded from a head document, the rest of the message is not known: its words are what shows.
  if (last.said === undefined && !text && !caption) return last;
  return { ...last, said: { ...last.said, content: entry.content }, preview: undefined };
}

function withMembers(
  state: ConversationState,
  entry: EntryOf<'created'> | EntryOf<'members_added'>,
  addedBy: string | undefined,
): ReadonlyMap<string, Member> {
  const members = new Map(state.members);
  for (const { user_key, role } of entry.members) {
    members.set(user_key, {
      userKey: user_key,
      role,
      since: entry.seq,
      joinedAt: entry.created_at.getTime(),
      ...(addedBy !== undefined && { addedBy }),
    });
  }
  return members;
}

function withoutMember(state: ConversationState, entry: EntryOf<'member_removed'>): ReadonlyMap<string, Member> {
  const members = new Map(state.members);
  members.delete(entry.user_key);
  if (entry.new_owner_key !== undefined) setRole(members, state, entry.new_owner_key, 'owner');
  return members;
}

/** A member of a large conversation whom the state does not know gets what is certain: they are one, with this role. */
function setRole(members: Map<string, Member>, state: ConversationState, userKey: string, role: RoleWord): void {
  const known = members.get(userKey);
  if (known === undefined && (state.membersComplete || role === 'member')) return;
  members.set(userKey, { ...(known ?? { userKey, since: 0, joinedAt: state.createdAt }), role });
}
