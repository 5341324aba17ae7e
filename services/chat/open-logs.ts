// Everything that keeps chat's logs, opened and tied together: conversations, users' own logs, and the topics that both
// are published on. The service opens it once and closes it last.

import { setMaxListeners } from 'node:events';
import { ConversationHeadEvent } from '../../gen/circuit/chat/v1/events.ts';
import type { TopicEvent } from '../../gen/circuit/link/v1/topic_service.ts';
import { refuse } from '../../mesh/errors/refuse.ts';
import type { Ground } from '../../mesh/service/define-service.ts';
import type { TopicSource } from '../../mesh/service/topic-source.ts';
import { isLarge } from './conversation-log/head-fields.ts';
import { type HeadNotice, HeadNotices } from './conversation-log/head-notices.ts';
import { OpenConversations } from './conversation-log/open-conversations.ts';
import type { Entry } from './documents/entry.ts';
import { contentTypes } from './documents/words.ts';
import type { LogGround } from './log/log-kind.ts';
import { conversationTopicEvent } from './topics/conversation-event.ts';
import { topicOf } from './topics/names.ts';
import { openTopicSource } from './topics/topic-source.ts';
import { userTopicEvent } from './topics/user-event.ts';
import { type CauseInLog, OpenUserLogs, type UserLogsOptions } from './user-log/open-user-logs.ts';

export type ChatLogs = {
  readonly conversations: OpenConversations;
  readonly userLogs: OpenUserLogs;
  readonly topics: TopicSource;
  /**
   * Writes behind what is ahead, and ends. No handler runs any more. What the store has not taken within this time
   * (milliseconds) is left to whoever opens the logs next.
   */
  close(withinMs?: number): Promise<void>;
};

/** How long a store that does not answer may hold up the end. */
const closeWithinMs = 5_000;

/** Families of ids: conversations are counted apart from entries. */
const conversationFamily = 'conversation';
const entryFamily = 'message';

export type LogsOptions = Pick<UserLogsOptions, 'gatherMs'>;

export function openLogs(
  ground: Pick<Ground, 'db' | 'bus' | 'ids' | 'log' | 'clock' | 'metrics'>,
  options: LogsOptions = {},
): ChatLogs {
  const { db, bus, ids } = ground;
  const ending = new AbortController();
  // Every log that waits for the store listens to it; their number is bounded elsewhere.
  setMaxListeners(0, ending.signal);
  const logGround: LogGround = {
    log: ground.log,
    metrics: ground.metrics,
    clock: ground.clock,
    signal: ending.signal,
    nextId: () => ids.next(entryFamily),
  };
  const notices = new HeadNotices((notice) => bus.publish(headEvent(notice)));
  const userLogs = new OpenUserLogs({
    ...options,
    db,
    ground: logGround,
    publish: (entry) => bus.publish(userTopicEvent(entry)),
    heads: (accountKey, conversationIds) => conversations.heads(accountKey, conversationIds),
    rowAsKnownHere: (row) => conversations.rowAsKnownHere(row),
  });
  const conversations: OpenConversations = new OpenConversations({
    db,
    ground: logGround,
    nextConversationId: () => ids.next(conversationFamily),
    effects: {
      publish: (entry, state) => {
        bus.publish(conversationTopicEvent(entry));
        if (isLarge(state)) notices.moved(state);
      },
      added: (entry, userKey, addedBy, follow) => userLogs.added(causeOf(entry), userKey, addedBy, follow),
      removed: (entry, userKey) => userLogs.removed(causeOf(entry), userKey),
    },
  });
  return {
    conversations,
    userLogs,
    topics: openTopicSource(conversations, userLogs),
    async close(withinMs = closeWithinMs) {
      notices.close();
      const late = setTimeout(() => ending.abort(refuse('SHUTTING_DOWN')), withinMs);
      await conversations.close();
      await userLogs.close();
      clearTimeout(late);
      ending.abort(refuse('SHUTTING_DOWN'));
    },
  };
}

function causeOf(entry: Entry): CauseInLog {
  return {
    conversationId: entry.conversation_id,
    accountKey: entry.account_key,
    seq: entry.seq,
    at: entry.created_at.getTime(),
  };
}

function headEvent({ conversationId, seq, number, last }: HeadNotice): TopicEvent {
  const event = {
    conversationId,
    lastSeq: seq,
    lastNumber: number,
    lastMessage: last && {
      messageId: last.message_id,
      contentPreview: last.content_preview,
      senderKey: last.sender_key,
      senderName: last.sender_name,
      sentAt: last.sent_at,
      type: contentTypes[last.type],
      seq: last.seq,
    },
  };
  return {
    topic: topicOf.heads(conversationId),
    seq: 0,
    after: 0,
    event: 'conversation.head',
    data: ConversationHeadEvent.encode(event).finish(),
    revokedUsers: [],
    grantedTopics: [],
    revokedTopics: [],
    blanked: [],
  };
}
