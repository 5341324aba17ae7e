// Whole messages, conversations and members from the few fields that a test is about, as the server always tells them.

import type { Conversation, Membership, Message, Participant } from '../../gen/json/api.ts';

const account_key = '900000000001';
const at = '2026-03-01T06:00:00Z';

/** A text of Asha's; its position is its number, too. */
export function wholeMessage(some: Partial<Message> = {}): Message {
  const { seq = 1 } = some;
  return {
    message_id: `m${seq}`,
    conversation_id: '000000000042',
    account_key,
    seq,
    number: seq,
    changed: seq,
    sender: { kind: 'user', user_key: 'asha' },
    created_at: at,
    updated_at: at,
    ...some,
  };
}

export function wholeConversation(some: Partial<Conversation> = {}): Conversation {
  return {
    conversation_id: '000000000042',
    account_key,
    medium: 'chat',
    type: 'group',
    member_count: 2,
    last_seq: 1,
    last_number: 0,
    is_active: true,
    created_at: at,
    updated_at: at,
    ...some,
  };
}

export function wholeMembership(some: Partial<Membership> = {}): Membership {
  return {
    role: 'member',
    joined_at: at,
    since_seq: 1,
    read_seq: 0,
    delivered_seq: 0,
    unread_count: 0,
    muted: false,
    pinned: false,
    archived: false,
    ...some,
  };
}

export function wholeMember(user_key: string, some: Partial<Participant> = {}): Participant {
  return { user_key, role: 'member', joined_at: at, ...some };
}
