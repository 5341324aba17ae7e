// The event that an entry of a user's own log is, for all devices of that user; with the topics it grants or takes
// away.

import {
  ConversationAddedEvent,
  ConversationRemovedEvent,
  MembershipUpdatedEvent,
  MessageHiddenEvent,
} from '../../../gen/circuit/chat/v1/events.ts';
import type { TopicEvent } from '../../../gen/circuit/link/v1/topic_service.ts';
import type { UserEntry } from '../user-log/user-entry.ts';
import type { ConversationEvent } from './conversation-event.ts';
import { membershipOf } from './membership-of.ts';
import { topicOf } from './names.ts';

export function userEvent(entry: UserEntry): ConversationEvent {
  switch (entry.kind) {
    case 'added':
      return {
        $case: 'conversationAdded',
        value: {
          conversationId: entry.conversation_id,
          sinceSeq: entry.since,
          addedBy: entry.added_by,
          at: entry.created_at,
        },
      };
    case 'removed':
      return {
        $case: 'conversationRemoved',
        value: {
          conversationId: entry.conversation_id,
          seq: entry.removed_seq,
          hidden: false,
          at: entry.created_at,
        },
      };
    case 'cleared':
      return {
        $case: 'conversationRemoved',
        value: {
          conversationId: entry.conversation_id,
          seq: entry.cleared_seq,
          hidden: true,
          at: entry.created_at,
        },
      };
    case 'rows':
      return {
        $case: 'membershipUpdated',
        value: {
          changes: (entry.rows ?? []).map(({ row, headNumber }) => ({
            conversationId: row.conversation_id,
            membership: membershipOf(row, headNumber),
          })),
        },
      };
    case 'hidden':
      return {
        $case: 'messageHidden',
        value: {
          conversationId: entry.conversation_id,
          messageIds: entry.message_ids,
          at: entry.created_at,
        },
      };
  }
}

export function userTopicEvent(entry: UserEntry): TopicEvent {
  return {
    topic: topicOf.user(entry.user_key),
    seq: entry.seq,
    after: 0,
    ...encoded(userEvent(entry)),
    revokedUsers: [],
    grantedTopics: entry.kind === 'added' ? grantsOf(entry.conversation_id, entry.since, entry.follow) : [],
    revokedTopics:
      entry.kind === 'removed'
        ? [
            { topic: topicOf.conversation(entry.conversation_id), seq: entry.removed_seq },
            { topic: topicOf.heads(entry.conversation_id), seq: entry.removed_seq },
          ]
        : [],
    blanked: [],
  };
}

/** One, `c:`. A conversation above 256 members has two: until the app opens it, only `h:` is followed. */
export function grantsOf(conversationId: string, since: number, follow: boolean): TopicEvent['grantedTopics'] {
  const conversation = { topic: topicOf.conversation(conversationId), since, follow };
  return follow ? [conversation] : [conversation, { topic: topicOf.heads(conversationId), since, follow: true }];
}

function encoded(event: ConversationEvent): { readonly event: string; readonly data: Uint8Array } {
  switch (event.$case) {
    case 'conversationAdded':
      return { event: 'conversation.added', data: ConversationAddedEvent.encode(event.value).finish() };
    case 'conversationRemoved':
      return { event: 'conversation.removed', data: ConversationRemovedEvent.encode(event.value).finish() };
    case 'membershipUpdated':
      return { event: 'membership.updated', data: MembershipUpdatedEvent.encode(event.value).finish() };
    case 'messageHidden':
      return { event: 'message.hidden', data: MessageHiddenEvent.encode(event.value).finish() };
    default:
      throw new Error(`${event.$case} is no event of a user's log.`);
  }
}
