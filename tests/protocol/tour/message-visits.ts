// What becomes of a message: history, edits, reactions, ticks, typing, answers, forwards, notices.

import { expect } from 'vitest';
import type { Visit } from './visit.ts';

const before = 'Hi @Ravi, DO is 2.1: see the chart';
const after = 'DO is 2.3';
const agents = {
  ai_metadata: { model: 'small-1', tokens_used: 321, response_time_ms: 840, temperature: 0.5, finish_reason: 'stop' },
  origin: { source: 'web', external_id: 'w-17', external_thread_id: 't-3', direction: 'outbound' },
};
const words = { type: 'text', text: after };

const changed: readonly Visit[] = [
  {
    by: 'ravi',
    rpc: 'ListMessages',
    to: 'read the newest',
    asks: ({ group }) => ({ conversation_id: group, page_size: 2 }),
    answers: ({ message, seq }) => ({ messages: [expect.anything(), { message_id: message, seq }], head: seq }),
  },
  {
    by: 'asha',
    rpc: 'EditMessage',
    to: 'say it better',
    asks: ({ group, message }) => ({ conversation_id: group, message_id: message, content: words }),
    answers: () => ({ message: { content: words, edited: { is_edited: true, edit_count: 1 } } }),
    hears: ({ asha, message }) => [
      ['ravi', 'message.updated', { message_id: message, content: words, user_key: asha }],
    ],
  },
  {
    by: 'asha',
    rpc: 'ListEdits',
    to: 'see what it said before',
    asks: ({ group, message }) => ({ conversation_id: group, message_id: message }),
    answers: () => ({ edits: [{ content: { text: before } }] }),
  },
  {
    by: 'ravi',
    rpc: 'React',
    to: 'react',
    asks: ({ group, message }) => ({ conversation_id: group, message_id: message, emoji: '🐟' }),
    answers: ({ ravi }) => ({ reactions: [{ emoji: '🐟', count: 1, user_keys: [ravi] }] }),
    hears: ({ message, ravi }) => [
      ['asha', 'message.reaction', { message_id: message, user_key: ravi, emoji: '🐟', removed: false }],
    ],
  },
  {
    by: 'asha',
    rpc: 'ListReactions',
    to: 'see who reacted',
    asks: ({ group, message }) => ({ conversation_id: group, message_id: message }),
    answers: ({ ravi }) => ({ reactions: [{ user_key: ravi, emoji: '🐟', reaction_type: 'custom' }] }),
  },
  {
    by: 'ravi',
    rpc: 'Unreact',
    to: 'take it back',
    asks: ({ group, message }) => ({ conversation_id: group, message_id: message, emoji: '🐟' }),
    answers: () => ({}),
    hears: ({ message, ravi }) => [
      ['asha', 'message.reaction', { message_id: message, user_key: ravi, emoji: '🐟', removed: true }],
    ],
  },
];

const progress: readonly Visit[] = [
  {
    by: 'ravi',
    rpc: 'MarkDelivered',
    to: 'say that it came: one tick more',
    asks: ({ group, seq }) => ({ positions: [{ conversation_id: group, seq }] }),
    answers: () => ({}),
    hears: ({ group, ravi, seq }) => [
      ['asha', 'delivery.status', { conversation_id: group, user_key: ravi, delivered_seq: seq, read_seq: 0 }],
    ],
  },
  {
    by: 'ravi',
    rpc: 'MarkRead',
    to: 'say that he has read it: blue ticks',
    asks: ({ group, seq }) => ({ conversation_id: group, seq }),
    answers: () => ({}),
    hears: ({ group, ravi, seq }) => [
      ['asha', 'delivery.status', { conversation_id: group, user_key: ravi, read_seq: seq }],
    ],
  },
  {
    by: 'asha',
    rpc: 'GetMessage',
    to: 'see whom it has reached',
    asks: ({ group, message }) => ({ conversation_id: group, message_id: message }),
    answers: ({ ravi }) => ({
      message: {
        status: 'read',
        delivery_status: { [ravi]: { delivered_at: expect.any(String), read_at: expect.any(String) } },
        delivery_counts: { recipients: 1, delivered: 1, read: 1 },
      },
    }),
  },
  {
    by: 'asha',
    rpc: 'ListReceipts',
    to: 'see when',
    asks: ({ group, message }) => ({ conversation_id: group, message_id: message }),
    answers: ({ ravi }) => ({
      receipts: [{ user_key: ravi, delivered_at: expect.any(String), read_at: expect.any(String) }],
    }),
  },
];

const said: readonly Visit[] = [
  {
    by: 'ravi',
    rpc: 'StartTyping',
    to: 'show that he types',
    asks: ({ group }) => ({ conversation_id: group }),
    answers: () => ({}),
    hears: ({ group, ravi }) => [
      ['asha', 'typing.indicator', { conversation_id: group, user_key: ravi, typing: true }],
    ],
  },
  {
    by: 'ravi',
    rpc: 'StopTyping',
    to: 'show that he stopped',
    asks: ({ group }) => ({ conversation_id: group }),
    answers: () => ({}),
    hears: ({ group, ravi }) => [
      ['asha', 'typing.indicator', { conversation_id: group, user_key: ravi, typing: false }],
    ],
  },
  {
    by: 'ravi',
    rpc: 'SendMessage',
    to: 'answer a message',
    asks: ({ group, message }) => ({
      conversation_id: group,
      content: { type: 'text', text: 'Aerator is on' },
      reply_to_message_id: message,
    }),
    answers: ({ asha, message }) => ({
      message: { reply_to: { message_id: message, sender_key: asha, content_preview: after } },
    }),
    hears: ({ message }) => [
      ['asha', 'message.new', { message: { content: { text: 'Aerator is on' }, reply_to: { message_id: message } } }],
    ],
  },
  {
    by: 'ravi',
    rpc: 'ForwardMessage',
    to: 'pass it on to their direct conversation',
    asks: ({ group, direct, message }) => ({
      conversation_id: direct,
      message_id: message,
      from_conversation_id: group,
    }),
    answers: ({ direct }) => ({
      message: { conversation_id: direct, content: words, forwarded_from: { forward_count: 1 } },
    }),
    keeps: (answer, story) => {
      story.forwarded = (answer as { message: { message_id: string } }).message.message_id;
    },
    hears: ({ direct, forwarded }) => [
      ['asha', 'message.new', { message: { message_id: forwarded, conversation_id: direct, content: words } }],
    ],
  },
  {
    by: 'asha',
    rpc: 'GetMessage',
    to: 'see where it came from, since she may read it there',
    asks: ({ direct, forwarded }) => ({ conversation_id: direct, message_id: forwarded }),
    answers: ({ message }) => ({ message: { forwarded_from: { original_message_id: message, forward_count: 1 } } }),
  },
  {
    by: 'fish',
    rpc: 'SendMessage',
    to: 'speak for an agent, and say how its model came to it',
    asks: ({ group }) => ({
      conversation_id: group,
      content: { type: 'text', text: 'Run the aerator till six' },
      ...agents,
      sender: { kind: 'agent', external_id: 'advisor', display_name: 'Pond advisor' },
    }),
    answers: () => ({ message: { ...agents, sender: { kind: 'agent', role: 'assistant' } } }),
    hears: () => [
      ['asha', 'message.new', { message: { ...agents, sender: { role: 'assistant', display_name: 'Pond advisor' } } }],
    ],
  },
  {
    by: 'fish',
    rpc: 'PostSystemMessage',
    to: 'say something in its own name',
    asks: ({ group }) => ({
      conversation_id: group,
      system: { kind: 'low_do', parameters: { mg_per_l: '2.1' } },
      text: 'Oxygen is low: 2.1 mg/l',
    }),
    answers: () => ({
      message: { content: { type: 'system' }, system: { kind: 'low_do' }, number: expect.any(Number) },
    }),
    hears: ({ group }) => [
      [
        'ravi',
        'message.new',
        {
          message: {
            conversation_id: group,
            content: { type: 'system', text: 'Oxygen is low: 2.1 mg/l' },
            system: { kind: 'low_do', parameters: { mg_per_l: '2.1' } },
            sender: { kind: 'system', external_id: expect.any(String) },
          },
        },
      ],
    ],
  },
];

export const messageVisits: readonly Visit[] = [...changed, ...progress, ...said];
