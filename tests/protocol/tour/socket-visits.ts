// The calls that an edge answers itself: they exist on a socket only.

import { expect } from 'vitest';
import type { Visit } from './visit.ts';

export const socketVisits: readonly Visit[] = [
  {
    by: 'asha',
    rpc: 'Ping',
    to: 'stay alive',
    asks: () => ({}),
    answers: () => ({ time: expect.any(String) }),
  },
  {
    by: 'asha',
    rpc: 'Refresh',
    to: 'outlive her token',
    asks: ({ token }) => ({ token }),
    answers: () => ({ expires_at: expect.any(String) }),
  },
  {
    by: 'ravi',
    rpc: 'Leave',
    to: 'follow the group no longer',
    asks: ({ group }) => ({ topic: `c:${group}` }),
    answers: () => ({}),
  },
  {
    by: 'ravi',
    rpc: 'Join',
    to: 'follow it again, from a position that he is told first',
    asks: ({ group }) => ({ topic: `c:${group}` }),
    answers: ({ group }) => ({ topic: `c:${group}`, seq: expect.any(Number) }),
    hears: ({ group }) => [['ravi', 'joined', { topics: { [`c:${group}`]: expect.any(Number) } }]],
  },
  {
    by: 'ravi',
    rpc: 'Resume',
    to: 'be sent what he missed',
    asks: ({ group, seq }) => ({ positions: { [`c:${group}`]: seq } }),
    answers: ({ group }) => ({ topics: { [`c:${group}`]: 'replayed' } }),
    hears: ({ message }) => [['ravi', 'message.updated', { message_id: message }]],
  },
];
