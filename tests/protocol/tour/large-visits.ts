// A conversation above 256 members, which only a domain server can fill: made first, since its heads are told at most
// once in five seconds.

import { expect } from 'vitest';
import type { Visit } from './visit.ts';

const crowd = Array.from({ length: 256 }, (_, at) => String(810_000_000_000 + at));
/** As many users as one call takes, and members as one call makes. */
const usersMax = 100;
const membersMax = 255;

const users: readonly Visit[] = Array.from({ length: Math.ceil(crowd.length / usersMax) }, (_, page) => ({
  by: 'fish',
  rpc: 'PutUsers',
  to: `make people known (${page + 1})`,
  asks: ({ account }) => ({
    account_key: account,
    users: crowd
      .slice(page * usersMax, (page + 1) * usersMax)
      .map((user_key) => ({ user_key, display_name: `Farmer ${user_key.slice(-3)}` })),
  }),
  answers: () => ({}),
}));

export const largeVisits: readonly Visit[] = [
  ...users,
  {
    by: 'fish',
    rpc: 'CreateConversation',
    to: 'make a channel',
    asks: ({ account }) => ({
      account_key: account,
      type: 'channel',
      info: { name: 'Weather' },
      participant_keys: crowd.slice(0, membersMax),
    }),
    answers: () => ({ conversation: { type: 'channel', member_count: membersMax } }),
    keeps: (answer, story) => {
      story.large = (answer as { conversation: { conversation_id: string } }).conversation.conversation_id;
    },
  },
  {
    by: 'fish',
    rpc: 'AddMembers',
    to: 'let Ravi in, the one too many to follow it from the start',
    asks: ({ large, ravi }) => ({ conversation_id: large, user_keys: [...crowd.slice(membersMax), ravi] }),
    answers: ({ ravi }) => ({ members: expect.arrayContaining([{ user_key: ravi, outcome: 'added' }]) }),
    hears: ({ large }) => [
      ['ravi', 'conversation.added', { conversation_id: large }],
      ['ravi', 'joined', { topics: { [`h:${large}`]: expect.any(Number) } }],
    ],
  },
];
