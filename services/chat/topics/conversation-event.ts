// The event that an entry of a conversation's log is, for everyone who follows the conversation: the same bytes for
// all, whenever it is asked for.

import type { Entry as SyncEntry } from '../../../gen/circuit/chat/v1/chat_service.ts';
import { Conversation, type Participant } from '../../../gen/circuit/chat/v1/conversation.ts';
import {
  ConversationNewEvent,
  MemberAddedEvent,
  MemberRemovedEvent,
  MemberRoleEvent,
  MessageDeletedEvent,
  MessageNewEvent,
  MessageReactionEvent,
  MessageUpdatedEvent,
} from '../../../gen/circuit/chat/v1/events.ts';
import { DeletedFor } from '../../../gen/circuit/chat/v1/message.ts';
import type { TopicEvent } from '../../../gen/circuit/link/v1/topic_service.ts';
import { encoded } from '../../../mesh/schema/encoded.ts';
import type { Entry, EntryOf, NewMember } from '../documents/entry.ts';
import { shownPurpose } from '../documents/stored-purpose.ts';
import { contentOf } from '../documents/stored-said.ts';
import { conversationTypes, roles } from '../documents/words.ts';
import { reactionTypeOf } from '../messages/reaction-type.ts';
import { messageOf } from './message-of.ts';
import { topicOf } from './names.ts';

/** An event as the sync RPC and the bus both tell it. */
export type ConversationEvent = NonNullable<SyncEntry['event']>;

/** Members named in `conversation.new`; the rest by member.list. */
const participantsShown = 20;

export function conversationEvent(entry: Entry): ConversationEvent {
  switch (entry.kind) {
    case 'message':
      return { $case: 'messageNew', value: { message: messageOf(entry) } };
    case 'edited':
      return { $case: 'messageUpdated', value: updated(entry) };
    case 'deleted':
      return { $case: 'messageDeleted', value: deleted(entry) };
    case 'reaction':
      return {
        $case: 'messageReaction',
        value: {
          conversationId: entry.conversation_id,
          messageId: entry.target,
          userKey: entry.user_key,
          emoji: entry.emoji,
          removed: entry.removed,
          at: entry.created_at,
          reactionType: reactionTypeOf(entry.emoji),
        },
      };
    case 'created':
      return { $case: 'conversationNew', value: { conversation: conversationOf(entry) } };
    case 'members_added':
      return {
        $case: 'memberAdded',
        value: {
          conversationId: entry.conversation_id,
          members: entry.members.map((member) => participantOf(member, entry.created_at, entry.added_by)),
          addedBy: entry.added_by,
          memberCount: entry.member_count,
          at: entry.created_at,
        },
      };
    case 'member_removed':
      return {
        $case: 'memberRemoved',
        value: {
          conversationId: entry.conversation_id,
          userKey: entry.user_key,
          removedBy: entry.removed_by,
          memberCount: entry.member_count,
          at: entry.created_at,
          newOwnerKey: entry.new_owner_key ?? '',
        },
      };
    case 'role':
      return {
        $case: 'memberRole',
        value: {
          conversationId: entry.conversation_id,
          userKey: entry.user_key,
          role: roles[entry.role],
          changedBy: entry.changed_by,
          at: entry.created_at,
        },
      };
  }
}

function updated(entry: EntryOf<'edited'>): MessageUpdatedEvent {
  return {
    conversationId: entry.conversation_id,
    messageId: entry.target,
    content: entry.content && !entry.withheld ? contentOf(entry.content) : undefined,
    mentions: entry.withheld ? [] : (entry.mentions ?? []),
    edited: { isEdited: true, editedAt: entry.created_at, originalContent: '', editCount: entry.edit_count },
    userKey: entry.user_key,
  };
}

function deleted(entry: EntryOf<'deleted'>): MessageDeletedEvent {
  return {
    conversationId: entry.conversation_id,
    messageId: entry.target,
    deleted: {
      isDeleted: true,
      deletedAt: entry.created_at,
      deletedFor: DeletedFor.DELETED_FOR_EVERYONE,
      deletedBy: entry.deleted_by,
    },
  };
}

function conversationOf(entry: EntryOf<'created'>): Conversation {
  return Conversation.fromPartial({
    conversationId: entry.conversation_id,
    accountKey: entry.account_key,
    type: conversationTypes[entry.type],
    groupId: entry.type === 'direct' || entry.type === 'self' ? '' : entry.conversation_id,
    info: entry.info && {
      name: entry.info.name ?? '',
      description: entry.info.description ?? '',
      iconUrl: entry.info.icon_url ?? '',
    },
    participants: entry.members
      .slice(0, participantsShown)
      .map((member) => participantOf(member, entry.created_at, undefined)),
    memberCount: entry.member_count,
    lastSeq: entry.seq,
    lastNumber: entry.number,
    settings: { onlyAdminsCanSend: entry.settings.only_admins_can_send },
    ...shownPurpose(entry),
    createdBy: entry.created_by,
    isActive: true,
    createdAt: entry.created_at,
    updatedAt: entry.created_at,
  });
}

function participantOf(member: NewMember, joinedAt: Date, addedBy: string | undefined): Participant {
  return {
    userKey: member.user_key,
    role: roles[member.role],
    joinedAt,
    addedBy: addedBy ?? '',
    nicknameInGroup: '',
    displayName: member.display_name ?? '',
    avatarUrl: member.avatar_url ?? '',
    deliveredSeq: 0,
    readSeq: 0,
  };
}

/** The event with its place, for the bus: who loses the topic by it, and which earlier contents are gone. */
export function conversationTopicEvent(entry: Entry): TopicEvent {
  const { event: name, data } = named(conversationEvent(entry));
  return {
    topic: topicOf.conversation(entry.conversation_id),
    seq: entry.seq,
    after: 0,
    event: name,
    data,
    revokedUsers: entry.kind === 'member_removed' ? [entry.user_key] : [],
    grantedTopics: [],
    revokedTopics: [],
    blanked: entry.kind === 'deleted' ? [...(entry.blanked ?? [])] : [],
  };
}

function named(event: ConversationEvent): { readonly event: string; readonly data: Uint8Array } {
  switch (event.$case) {
    case 'messageNew':
      return { event: 'message.new', data: encoded(MessageNewEvent, event.value) };
    case 'messageUpdated':
      return { event: 'message.updated', data: encoded(MessageUpdatedEvent, event.value) };
    case 'messageDeleted':
      return { event: 'message.deleted', data: encoded(MessageDeletedEvent, event.value) };
    case 'messageReaction':
      return { event: 'message.reaction', data: encoded(MessageReactionEvent, event.value) };
    case 'conversationNew':
      return { event: 'conversation.new', data: encoded(ConversationNewEvent, event.value) };
    case 'memberAdded':
      return { event: 'member.added', data: encoded(MemberAddedEvent, event.value) };
    case 'memberRemoved':
      return { event: 'member.removed', data: encoded(MemberRemovedEvent, event.value) };
    case 'memberRole':
      return { event: 'member.role', data: encoded(MemberRoleEvent, event.value) };
    default:
      throw new Error(`${event.$case} is no event of a conversation.`);
  }
}
