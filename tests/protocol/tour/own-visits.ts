// What concerns one member alone: their row of a conversation, on all their devices, and catching up.

import { expect } from 'vitest';
import type { Json } from '../../../edge/testing/app.ts';
import type { Visit } from './visit.ts';

function setting(by: 'asha' | 'ravi', rpc: string, to: string, asked: Json, membership: Json): Visit {
  return {
    by,
    rpc,
    to,
    asks: ({ group }) => ({ conversation_id: group, ...asked }),
    answers: () => ({ membership }),
    hears: ({ group }) => [
      [
        by,
        'membership.updated',
        {
          changes: expect.arrayContaining([
            expect.objectContaining({ conversation_id: group, membership: expect.objectContaining(membership) }),
          ]),
        },
      ],
    ],
  };
}

const draft = 'Tomorrow we';
const kept = { draft: expect.objectContaining({ content: draft }) };

/** By turns: what one changes again within a second is told together with the next. */
export const ownVisits: readonly Visit[] = [
  setting('asha', 'MuteConversation', 'hear no more of it', { muted: true }, { muted: true }),
  setting('ravi', 'PinConversation', 'pin it to the top', { pinned: true }, { pinned: true }),
  setting('asha', 'ArchiveConversation', 'put it away', { archived: true }, { archived: true }),
  setting('ravi', 'SaveDraft', 'keep what he has not sent', { content: draft }, kept),
  {
    by: 'asha',
    rpc: 'Sync',
    to: 'catch up from the first entry on',
    asks: ({ asha, group }) => ({
      positions: [
        { topic: `c:${group}`, seq: 0 },
        { topic: `u:${asha}`, seq: 0 },
      ],
    }),
    answers: ({ asha, group, message, ravi }) => ({
      topics: [
        {
          topic: `c:${group}`,
          gone: false,
          denied: false,
          entries: expect.arrayContaining([
            expect.objectContaining({ seq: 1, conversation_new: expect.anything() }),
            expect.objectContaining({ seq: 2, member_added: expect.objectContaining({ added_by: asha }) }),
            expect.objectContaining({ seq: 3, member_role: expect.objectContaining({ user_key: ravi }) }),
            expect.objectContaining({ message_updated: expect.objectContaining({ message_id: message }) }),
            expect.objectContaining({ message_reaction: expect.objectContaining({ message_id: message }) }),
          ]),
        },
        { topic: `u:${asha}`, denied: false },
      ],
    }),
  },
];
