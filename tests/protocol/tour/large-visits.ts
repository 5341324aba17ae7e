// A conversation above 256 members, which only a domain server can fill: made first, since its heads are told at most
// once in five seconds.

import { expect } from 'vitest';
import type { Visit } from './visit.ts';

const [owner = '', ...crowd] = Array.from({ length: 256 }, (_, at) => String(810_000_000_000 + at));
/** As many as one call takes. */
const pageMax = 100;
const pages = [0, 1, 2].map((page) => crowd.slice(page * pageMax, (page + 1) * pageMax));

const person = (user_key: string) => ({ user_key, display_name: `Farmer ${user_key.slice(-3)}` });

const growing: readonly Visit[] = pages.flatMap((page, at): Visit[] => [
  {
    by: 'fish',
    once: true,
    rpc: 'PutUsers',
    to: `make many known (${at + 1})`,
    asks: ({ account }) => ({ account_key: account, users: page.map(person) }),
    answers: () => ({}),
  },
  {
    by: 'fish',
    once: true,
    rpc: 'AddMembers',
    to: `let them in (${at + 1})`,
    asks: ({ large }) => ({ conversation_id: large, user_keys: page }),
    answers: () => ({ members: expect.arrayContaining([{ user_key: page[0], outcome: 'added' }]) }),
  },
]);

export const largeVisits: readonly Visit[] = [
  {
    by: 'fish',
    rpc: 'PutUsers',
    to: 'make somebody known',
    asks: ({ account }) => ({ account_key: account, users: [person(owner)] }),
    answers: () => ({}),
  },
  {
    by: 'fish',
    rpc: 'CreateConversation',
    to: 'make a channel, whose first member is the owner',
    asks: ({ account }) => ({
      account_key: account,
      type: 'channel',
      info: { name: 'Weather' },
      participant_keys: [owner],
    }),
    answers: () => ({ conversation: { type: 'channel', member_count: 1, info: { name: 'Weather' } } }),
    keeps: (answer, story) => {
      story.large = (answer as { conversation: { conversation_id: string } }).conversation.conversation_id;
    },
  },
  ...growing,
  {
    by: 'fish',
    once: true,
    rpc: 'AddMembers',
    to: 'let Ravi in, the one too many to follow it from the start',
    asks: ({ large, ravi }) => ({ conversation_id: large, user_keys: [ravi] }),
    answers: ({ ravi }) => ({ members: [{ user_key: ravi, outcome: 'added' }] }),
    hears: ({ large }) => [
      ['ravi', 'conversation.added', { conversation_id: large }],
      ['ravi', 'joined', { topics: { [`h:${large}`]: expect.any(Number) } }],
    ],
  },
];
