import type { Ground } from '../../mesh/service/define-service.ts';
import type { TopicSource } from '../../mesh/service/topic-source.ts';
import type { Chat } from './chat.ts';
import { conversationLists } from './conversations/conversation-lists.ts';
import { openFirstRows } from './conversations/first-members.ts';
import { openHiddenMessages } from './conversations/hidden-messages.ts';
import { openRoom } from './members/room.ts';
import { type ChatLogs, type LogsOptions, openLogs } from './open-logs.ts';
import { typingBoard } from './typing/typing-board.ts';
import { openUsers, type Users } from './users/users.ts';

/** Chat's state on this ground: the logs, and beside them what is kept in memory only. */
export async function openChatState(ground: Ground, options?: LogsOptions): Promise<Chat> {
  return chatOver(openLogs(ground, options), ground);
}

/** The same over logs that are open. Closing it closes them. */
export function chatOver(logs: ChatLogs, ground: Pick<Ground, 'db' | 'bus' | 'clock'>): Chat {
  const users = openUsers(ground.db);
  return {
    conversations: logs.conversations,
    userLogs: logs.userLogs,
    users,
    lists: conversationLists(),
    hiddenMessages: openHiddenMessages(ground.db),
    firstRows: openFirstRows(ground.db),
    room: openRoom(ground.db),
    typing: typingBoard(),
    bus: ground.bus,
    topics: knowingSessions(logs.topics, users, ground.clock),
    close: () => logs.close(),
  };
}

/** A user is known from the moment that a session is opened for them, before their first call. */
function knowingSessions(topics: TopicSource, users: Users, clock: () => number): TopicSource {
  return {
    heads: (names, signal) => topics.heads(names, signal),
    entries: (topic, after, limit, signal) => topics.entries(topic, after, limit, signal),
    rights: (topic, userKeys, signal) => topics.rights(topic, userKeys, signal),
    async grants(user, signal) {
      const { userKey: key, accountKey } = user;
      await users.know({ key, accountKey, displayName: '', avatarUrl: '', issuedAtMs: 0 }, clock());
      return topics.grants(user, signal);
    },
  };
}
