// How things end: messages deleted, members gone, a conversation put out of sight.

import { expect } from 'vitest';
import type { Visit } from './visit.ts';

const inGroup = ({ group, message }: { readonly group: string; readonly message: string }) => ({
  conversation_id: group,
  message_id: message,
});

export const endingVisits: readonly Visit[] = [
  {
    by: 'ravi',
    rpc: 'DeleteMessage',
    to: 'see a message no more',
    asks: (story) => ({ ...inGroup(story), deleted_for: 'self' }),
    answers: () => ({}),
    hears: ({ group, message }) => [['ravi', 'message.hidden', { conversation_id: group, message_ids: [message] }]],
  },
  {
    by: 'asha',
    rpc: 'DeleteMessage',
    to: 'take it back from everyone',
    asks: (story) => ({ ...inGroup(story), deleted_for: 'everyone' }),
    answers: () => ({}),
    hears: ({ asha, message }) => [
      ['ravi', 'message.deleted', { message_id: message, deleted: { is_deleted: true, deleted_by: asha } }],
    ],
  },
  {
    by: 'asha',
    rpc: 'RemoveMember',
    to: 'send Ravi away',
    asks: ({ group, ravi }) => ({ conversation_id: group, user_key: ravi }),
    answers: () => ({ seq: expect.any(Number) }),
    hears: ({ group, asha, ravi }) => [
      ['asha', 'member.removed', { conversation_id: group, user_key: ravi, removed_by: asha, member_count: 1 }],
      ['ravi', 'conversation.removed', { conversation_id: group, hidden: false }],
    ],
  },
  {
    by: 'asha',
    rpc: 'AddMembers',
    to: 'let him in again',
    asks: ({ group, ravi }) => ({ conversation_id: group, user_keys: [ravi] }),
    answers: ({ ravi }) => ({ members: [{ user_key: ravi, outcome: 'added' }] }),
    hears: ({ group, ravi }) => [
      ['asha', 'member.added', { conversation_id: group, members: [{ user_key: ravi, role: 'member' }] }],
    ],
  },
  {
    by: 'ravi',
    rpc: 'LeaveConversation',
    to: 'leave by himself',
    asks: ({ group }) => ({ conversation_id: group }),
    answers: () => ({ seq: expect.any(Number) }),
    hears: ({ group, ravi }) => [
      ['asha', 'member.removed', { conversation_id: group, user_key: ravi, removed_by: ravi, member_count: 1 }],
    ],
  },
  {
    by: 'ravi',
    rpc: 'DeleteConversation',
    to: 'clear and hide the direct one until somebody writes',
    asks: ({ direct }) => ({ conversation_id: direct }),
    answers: () => ({}),
  },
  {
    by: 'fish',
    once: true,
    rpc: 'PostSystemMessage',
    to: 'speak to many, whose devices are told only how far it is',
    asks: ({ large }) => ({ conversation_id: large, system: { kind: 'weather' }, text: 'Rain tomorrow' }),
    answers: ({ large }) => ({ message: { conversation_id: large, content: { text: 'Rain tomorrow' } } }),
    hears: ({ large }) => [['ravi', 'conversation.head', { conversation_id: large, last_seq: expect.any(Number) }]],
  },
];
