// The head document of a conversation, from its state and back.

import { type ConversationDocument, purposeOf, type StoredLastMessage } from '../documents/conversation-document.ts';
import { saidOf } from '../documents/stored-said.ts';
import { previewOf } from '../messages/preview.ts';
import { type ConversationState, type LastSaid, type Member, smallMembersMax } from './state.ts';

/** The state at a head document's `last_seq`, with the members that its rows name. */
export function stateOf(
  head: ConversationDocument,
  members: ReadonlyMap<string, Member>,
  membersComplete: boolean,
): ConversationState {
  return {
    conversationId: head._id,
    accountKey: head.account_key,
    seq: head.last_seq,
    number: head.last_number,
    type: head.type,
    info: head.info,
    settings: head.settings,
    purpose: purposeOf(head),
    createdBy: head.created_by,
    createdAt: head.created_at.getTime(),
    updatedAt: head.updated_at.getTime(),
    isActive: head.is_active,
    memberCount: head.member_count,
    members,
    membersComplete,
    last: head.last_message && lastOf(head.last_message),
    // Not known: nothing up to here is told to all.
    lastJoined: head.last_joined ?? head.last_seq + 1,
    floorSeq: head.floor_seq ?? 0,
  };
}

function lastOf(stored: StoredLastMessage): LastSaid {
  return {
    messageId: stored.message_id,
    seq: stored.seq,
    senderKey: stored.sender_key,
    senderName: stored.sender_name,
    sentAt: stored.sent_at,
    type: stored.type,
    said: undefined,
    preview: stored.content_preview,
  };
}

/** What the head document says of a state. */
export function headFields(state: ConversationState): Omit<ConversationDocument, '_id' | 'floor_seq' | 'open_until'> {
  return {
    account_key: state.accountKey,
    type: state.type,
    ...(state.info && { info: state.info }),
    settings: state.settings,
    ...state.purpose,
    created_by: state.createdBy,
    member_count: state.memberCount,
    is_active: state.isActive,
    ...(state.last && { last_message: lastMessageOf(state.last) }),
    last_seq: state.seq,
    last_number: state.number,
    last_joined: state.lastJoined,
    created_at: new Date(state.createdAt),
    updated_at: new Date(state.updatedAt),
  };
}

/** As a list shows it; blank once it is deleted. */
export function lastMessageOf(last: LastSaid): StoredLastMessage {
  return {
    message_id: last.messageId,
    content_preview: last.preview ?? (last.said === undefined ? '' : previewOf(saidOf(last.said))),
    sender_key: last.senderKey,
    sender_name: last.senderName,
    sent_at: last.sentAt,
    type: last.type,
    seq: last.seq,
  };
}

export function isLarge(state: ConversationState): boolean {
  return state.memberCount > smallMembersMax;
}
