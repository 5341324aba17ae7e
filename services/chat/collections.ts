// Chat's collections and their indexes, as data. Every query of services/chat stands on one of these.

import type { Collection } from '../../mesh/store/collection.ts';
import { receiptsKeptSeconds } from './conversation-log/receipts.ts';

const daySeconds = 86_400;

const messages: Collection = {
  name: 'messages',
  purpose: 'The log of every conversation: messages, and changes to messages and members.',
  shardKey: { conversation_id: 1 },
  indexes: [
    {
      name: 'log',
      key: { conversation_id: 1, seq: 1 },
      unique: true,
      serves: 'One entry for each number; entries after a position; the head of an open log.',
    },
    {
      name: 'request',
      key: { conversation_id: 1, sender_key: 1, request_id: 1 },
      unique: true,
      serves: 'A request is stored once; look-ups of what became of it.',
    },
    {
      name: 'history',
      key: { conversation_id: 1, shown: 1, seq: 1 },
      partialFilterExpression: { shown: true },
      serves: 'Pages of history: messages and notices, before and after a number, whatever lies between them.',
    },
    {
      name: 'changes',
      key: { conversation_id: 1, target: 1, seq: 1 },
      partialFilterExpression: { target: { $exists: true } },
      serves: 'The changes of one message: its edits, and what a deletion blanks.',
    },
  ],
};

const conversations: Collection = {
  name: 'conversations',
  purpose: 'The head of every conversation: the fold of its log up to last_seq.',
  shardKey: { _id: 1 },
  indexes: [
    {
      name: 'open',
      key: { open_until: 1 },
      partialFilterExpression: { open_until: { $exists: true } },
      serves: 'The sweep of conversations whose log may be ahead of last_seq.',
    },
  ],
};

const directory: Collection = {
  name: 'chat_directory',
  purpose: 'What must be unique beside the log: the pair of a direct conversation, a self, a request to create.',
  shardKey: { _id: 1 },
  indexes: [],
};

const members: Collection = {
  name: 'members',
  purpose: 'One row for each user and conversation: role, watermarks, mute, pin, archive, draft. Those who left stay.',
  shardKey: { user_key: 1 },
  indexes: [
    {
      name: 'row',
      key: { user_key: 1, conversation_id: 1 },
      unique: true,
      serves: 'One row; rows of a user in given conversations.',
    },
    {
      name: 'user',
      key: { user_key: 1, active: 1, conversation_id: 1 },
      serves: 'The conversations that a user is in.',
    },
    {
      name: 'conversation',
      key: { conversation_id: 1, active: 1, rank: 1, since: 1, user_key: 1 },
      serves: 'Members of a conversation, owner first, then as they came; who inherits.',
    },
    {
      name: 'speakers',
      key: { conversation_id: 1, active: 1, role: 1, since: 1, user_key: 1 },
      serves: 'Owner and admins of a large conversation.',
    },
  ],
};

const userEntries: Collection = {
  name: 'user_entries',
  purpose: "Users' own logs: added, removed, own rows changed, messages hidden.",
  shardKey: { user_key: 1 },
  indexes: [
    {
      name: 'log',
      key: { user_key: 1, seq: 1 },
      unique: true,
      serves: 'One entry for each number; entries after a position; the head.',
    },
    {
      name: 'request',
      key: { user_key: 1, sender_key: 1, request_id: 1 },
      unique: true,
      serves: 'What follows from one cause is stored once.',
    },
  ],
};

const userLogs: Collection = {
  name: 'user_logs',
  purpose: "The head of every user's log: up to where it is applied.",
  shardKey: { _id: 1 },
  indexes: [
    {
      name: 'open',
      key: { open_until: 1 },
      partialFilterExpression: { open_until: { $exists: true } },
      serves: "The sweep of users' logs that may be ahead of last_seq.",
    },
    {
      name: 'compact',
      key: { compact_at: 1 },
      serves: 'The sweep of logs whose oldest entries may have become too old.',
    },
  ],
};

const reactions: Collection = {
  name: 'reactions',
  purpose: 'Who reacted to which message; the message holds counts and the first few.',
  shardKey: { conversation_id: 1 },
  indexes: [
    {
      name: 'reaction',
      key: { conversation_id: 1, message_id: 1, user_key: 1, emoji: 1 },
      unique: true,
      serves: "One row for each user and emoji; a user's own reactions under the messages of a page.",
    },
    {
      name: 'order',
      key: { conversation_id: 1, message_id: 1, removed: 1, changed: 1 },
      serves: 'Who reacted, oldest first.',
    },
    {
      name: 'emoji',
      key: { conversation_id: 1, message_id: 1, emoji: 1, removed: 1, changed: 1 },
      serves: 'The first few of an emoji, when one of them takes it back.',
    },
    {
      name: 'taken_back',
      key: { removed_at: 1 },
      expireAfterSeconds: daySeconds,
      serves: 'Rows taken back go a day later.',
    },
  ],
};

const receipts: Collection = {
  name: 'receipts',
  purpose: 'When a member got and read: pairs of (up to number, time), for 100 numbers a document.',
  shardKey: { conversation_id: 1 },
  indexes: [
    {
      name: 'receipt',
      key: { conversation_id: 1, user_key: 1, block: 1 },
      unique: true,
      serves: "Members' times around the numbers of a page.",
    },
    {
      name: 'kept',
      key: { moved_at: 1 },
      expireAfterSeconds: receiptsKeptSeconds,
      serves: 'Times go 90 days after the last one.',
    },
  ],
};

const hiddenMessages: Collection = {
  name: 'hidden_messages',
  purpose: 'Messages that a user deleted for themselves alone.',
  shardKey: { user_key: 1 },
  indexes: [
    {
      name: 'hidden',
      key: { user_key: 1, conversation_id: 1, message_id: 1 },
      unique: true,
      serves: 'Which messages of a page the user hid.',
    },
  ],
};

/** What the log and its documents need; the service adds the users'. */
export const collections: readonly Collection[] = [
  messages,
  conversations,
  directory,
  members,
  userEntries,
  userLogs,
  reactions,
  receipts,
  hiddenMessages,
];
