// A conversation as one member sees it: the platform's maps by user hold the caller's own entry and nobody else's.

import type {
  Conversation,
  GroupMembers,
  LastMessage,
  Participant,
} from '../../../gen/circuit/chat/v1/conversation.ts';
import type { ConversationState } from '../conversation-log/state.ts';
import type { ConversationDocument, StoredLastMessage } from '../documents/conversation-document.ts';
import type { MemberRow } from '../documents/member-row.ts';
import { shownPurpose } from '../documents/stored-purpose.ts';
import { contentTypes, conversationTypes } from '../documents/words.ts';
import type { Typer } from '../typing/typing-board.ts';
import { draftOf, isMuted, membershipAt } from './membership.ts';

export type Seen = {
  readonly document: ConversationDocument;
  readonly row: MemberRow;
  /** The first 20 members. */
  readonly participants: readonly Participant[];
  /** The newest message that the caller may see. */
  readonly lastMessage: StoredLastMessage | undefined;
  readonly typers: readonly Typer[];
  readonly now: number;
};

/** So many admins are named; all of them are among the members. */
const adminsShown = 20;

/** How a mute without an end looks in `muted_by`, whose values are times. */
const forEver = new Date(Date.UTC(9999, 11, 31, 23, 59, 59));

/** What every member may see of it, and the domain servers of its account: nobody's own entries. */
export function commonOf(document: ConversationDocument): Conversation {
  const hasGroup = document.type !== 'direct' && document.type !== 'self';
  return {
    conversationId: document._id,
    accountKey: document.account_key,
    type: conversationTypes[document.type],
    groupId: hasGroup ? document._id : '',
    info: document.info && {
      name: document.info.name ?? '',
      description: document.info.description ?? '',
      iconUrl: document.info.icon_url ?? '',
    },
    participants: [],
    memberCount: document.member_count,
    lastMessage: undefined,
    lastSeq: document.last_seq,
    lastNumber: document.last_number,
    settings: { onlyAdminsCanSend: document.settings.only_admins_can_send },
    ...shownPurpose(document),
    members: undefined,
    createdBy: document.created_by,
    isActive: document.is_active,
    createdAt: document.created_at,
    updatedAt: document.updated_at,
    unreadCounts: new Map(),
    mutedBy: new Map(),
    pinnedBy: [],
    archivedBy: [],
    draft: new Map(),
    typing: new Map(),
    membership: undefined,
  };
}

/** The conversation with its members and the caller's own entries. */
export function showConversation(seen: Seen): Conversation {
  const { document, row, now } = seen;
  const me = row.user_key;
  const membership = membershipAt(now, row, document.last_number);
  const draft = draftOf(row);
  return {
    ...commonOf(document),
    participants: seen.participants,
    lastMessage: seen.lastMessage && showLastMessage(seen.lastMessage),
    unreadCounts: new Map([[me, membership.unreadCount]]),
    mutedBy: new Map(isMuted(row, now) ? [[me, row.muted_until ?? forEver]] : []),
    pinnedBy: membership.pinned ? [me] : [],
    archivedBy: membership.archived ? [me] : [],
    draft: new Map(draft === undefined ? [] : [[me, draft]]),
    typing: new Map(seen.typers.map((typer) => [typer.userKey, new Date(typer.startedAt)])),
    membership,
  };
}

/** Who leads a group or channel; none of those that have no such thing. */
export function groupMembersOf(state: ConversationState): GroupMembers | undefined {
  if (state.type === 'direct' || state.type === 'self') return undefined;
  // Of large conversations, too, the state holds all of these.
  const leaders = [...state.members.values()].sort((one, other) => one.since - other.since);
  const admins = leaders.filter(({ role }) => role === 'admin').map(({ userKey }) => userKey);
  return {
    count: state.memberCount,
    admins: admins.slice(0, adminsShown),
    ownerKey: leaders.find(({ role }) => role === 'owner')?.userKey ?? '',
  };
}

export function showLastMessage(stored: StoredLastMessage): LastMessage {
  return {
    messageId: stored.message_id,
    contentPreview: stored.content_preview,
    senderKey: stored.sender_key,
    senderName: stored.sender_name,
    sentAt: stored.sent_at,
    type: contentTypes[stored.type],
    seq: stored.seq,
  };
}
