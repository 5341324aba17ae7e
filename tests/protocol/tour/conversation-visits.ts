// Conversations and their members: made, filled, led, listed.

import { expect } from 'vitest';
import type { Visit } from './visit.ts';

type Created = { readonly conversation: { readonly conversation_id: string } };

const about = { medium: 'chat', context: { type: 'shipment', id: '42', references: { bid_id: '15' } } };

export const conversationVisits: readonly Visit[] = [
  {
    by: 'asha',
    rpc: 'CreateConversation',
    to: 'make a group',
    asks: () => ({ info: { name: 'Pond A1' }, ...about }),
    answers: ({ asha }) => ({
      conversation: {
        type: 'group',
        info: { name: 'Pond A1' },
        member_count: 1,
        members: { count: 1, owner_key: asha },
        is_active: true,
        ...about,
      },
    }),
    keeps: (answer, story) => {
      story.group = (answer as Created).conversation.conversation_id;
    },
    hears: ({ group }) => [
      ['asha', 'conversation.added', { conversation_id: group }],
      ['asha', 'joined', { topics: { [`c:${group}`]: expect.any(Number) } }],
    ],
  },
  {
    by: 'asha',
    rpc: 'AddMembers',
    to: 'let Ravi in, who follows it from then on',
    asks: ({ group, ravi }) => ({ conversation_id: group, user_keys: [ravi] }),
    answers: ({ ravi }) => ({ members: [{ user_key: ravi, outcome: 'added' }], seq: 2 }),
    hears: ({ group, asha, ravi }) => [
      ['asha', 'member.added', { conversation_id: group, member_count: 2, members: [{ user_key: ravi }] }],
      ['ravi', 'conversation.added', { conversation_id: group, since_seq: 2, added_by: asha }],
      ['ravi', 'joined', { topics: { [`c:${group}`]: 2 } }],
    ],
  },
  {
    by: 'asha',
    rpc: 'ChangeRole',
    to: 'make Ravi an admin',
    asks: ({ group, ravi }) => ({ conversation_id: group, user_key: ravi, role: 'admin' }),
    answers: () => ({ seq: 3 }),
    hears: ({ group, ravi }) => [
      ['ravi', 'member.role', { conversation_id: group, user_key: ravi, role: 'admin' }],
      ['asha', 'member.role', { conversation_id: group, user_key: ravi, role: 'admin' }],
    ],
  },
  {
    by: 'ravi',
    rpc: 'ListMembers',
    to: 'see who is there, the owner first',
    asks: ({ group }) => ({ conversation_id: group, page_size: 10 }),
    answers: ({ asha, ravi }) => ({
      members: [
        { user_key: asha, role: 'owner' },
        { user_key: ravi, role: 'admin' },
      ],
    }),
  },
  {
    by: 'ravi',
    rpc: 'GetConversation',
    to: 'see it with a row of his own',
    asks: ({ group }) => ({ conversation_id: group }),
    answers: ({ group }) => ({
      conversation: { conversation_id: group, member_count: 2, membership: { role: 'admin', since_seq: 2 } },
    }),
  },
  {
    by: 'asha',
    rpc: 'CreateConversation',
    to: 'find the one conversation of the two, however often it is made',
    asks: ({ ravi }) => ({ type: 'direct', participant_keys: [ravi], medium: 'chat' }),
    answers: () => ({ conversation: { type: 'direct', member_count: 2, medium: 'chat' } }),
    keeps: (answer, story) => {
      story.direct = (answer as Created).conversation.conversation_id;
    },
  },
  {
    by: 'asha',
    rpc: 'ListConversations',
    to: 'see both',
    asks: () => ({ page_size: 50 }),
    answers: ({ group, direct }) => ({
      conversations: expect.arrayContaining([
        expect.objectContaining({ conversation_id: group }),
        expect.objectContaining({ conversation_id: direct }),
      ]),
    }),
  },
];
