// A conversation's line in the list, kept up to date by the log's entries. Pure, and idempotent: everything is
// compared by number, so repeats, replays and fresher pages may come in any order.

import type { Conversation, LastMessage, MemberRole, Membership, Message } from '../../gen/json/api.ts';
import { type MessageChange, shorten } from './change-message.ts';

export type Summary = {
  readonly conversation: Conversation;
  /** Count of user messages that are read: unread is what the conversation's `last_number` has above it. */
  readonly readNumber: number;
};

export function summaryOf(conversation: Conversation): Summary {
  const unread = conversation.membership?.unread_count ?? 0;
  return { conversation, readNumber: Math.max(0, conversation.last_number - unread) };
}

/** The newer of what is known and what was just read from the server. */
export function fresher(known: Summary | undefined, read: Conversation): Summary {
  if (known === undefined || read.last_seq >= known.conversation.last_seq) {
    const membership = newerMembership(known?.conversation.membership, read.membership);
    return {
      conversation: membership === undefined ? read : { ...read, membership },
      // What is read stays read: this device may have told it only a moment ago.
      readNumber: Math.max(summaryOf(read).readNumber, known?.readNumber ?? 0),
    };
  }
  return known;
}

export const unreadOf = ({ conversation, readNumber }: Summary): number =>
  Math.max(0, conversation.last_number - readNumber);

/** With a message that came. */
export function withMessage(summary: Summary, message: Message, userKey: string, preview: string): Summary {
  const { conversation } = summary;
  const { seq, number, sender } = message;
  const own = sender.user_key === userKey && number > 0;
  const newest = seq > (conversation.last_message?.seq ?? 0) && number > 0;
  const last_message: LastMessage = {
    message_id: message.message_id,
    content_preview: preview,
    sender_key: sender.user_key ?? '',
    sender_name: sender.display_name ?? '',
    sent_at: message.created_at,
    // Only of a message that was deleted meanwhile there is no content left.
    type: message.content?.type ?? 'text',
    seq,
  };
  return {
    conversation: {
      ...conversation,
      last_seq: Math.max(conversation.last_seq, seq),
      last_number: Math.max(conversation.last_number, number),
      ...(newest ? { last_message } : {}),
    },
    readNumber: own ? Math.max(summary.readNumber, number) : summary.readNumber,
  };
}

/** With a change of its newest message in the preview. */
export function withChangedMessage(summary: Summary, change: MessageChange): Summary {
  const { conversation } = summary;
  const last = conversation.last_message;
  const moved = { ...conversation, last_seq: Math.max(conversation.last_seq, change.seq) };
  if (last === undefined || last.message_id !== change.data.message_id) return { ...summary, conversation: moved };
  const known = { ...summary, conversation: moved };
  if (change.event === 'message.deleted') return withPreview(known, last, '');
  const words = change.event === 'message.updated' ? change.data.content?.text || change.data.content?.caption : '';
  return words ? withPreview(known, last, shorten(words)) : known;
}

/** With other words of its newest message. */
export function withPreview(summary: Summary, last: LastMessage, content_preview: string): Summary {
  return { ...summary, conversation: { ...summary.conversation, last_message: { ...last, content_preview } } };
}

/** With an entry of membership: it carries the count of members as it is after it. */
export function withMemberCount(summary: Summary, seq: number, memberCount: number | undefined): Summary {
  const { conversation } = summary;
  if (seq <= conversation.last_seq) return summary;
  return {
    ...summary,
    conversation: {
      ...conversation,
      last_seq: seq,
      ...(memberCount === undefined ? {} : { member_count: memberCount }),
    },
  };
}

/** With the user's own role, as an entry of membership tells it. */
export function withRole(summary: Summary, role: MemberRole | undefined): Summary {
  const { conversation } = summary;
  const { membership } = conversation;
  if (role === undefined || membership === undefined || membership.role === role) return summary;
  return { ...summary, conversation: { ...conversation, membership: { ...membership, role } } };
}

/** With the user's own row, from whatever device. `readNumber` when it is known for the row's read position. */
export function withMembership(summary: Summary, row: Membership, readNumber: number | undefined): Summary {
  const membership = newerMembership(summary.conversation.membership, row);
  if (membership !== row) return summary;
  return {
    conversation: { ...summary.conversation, membership },
    readNumber: Math.max(summary.readNumber, readNumber ?? 0),
  };
}

/**
 * The count of user messages up to and with a position, from the messages at hand; undefined when they do not reach.
 * `head` is the conversation's newest number of user messages, `headSeq` its newest entry.
 */
export function numberAt(messages: readonly Message[], seq: number, headSeq: number, head: number): number | undefined {
  if (seq >= headSeq) return head;
  const counted = messages.filter((message) => message.number > 0);
  const first = counted[0];
  if (first === undefined || first.seq > seq) return undefined;
  return counted.reduce((most, message) => (message.seq <= seq ? message.number : most), 0);
}

/** The newest first, pinned before all. */
export function byActivity(one: Summary, other: Summary): number {
  const pinned =
    Number(other.conversation.membership?.pinned ?? false) - Number(one.conversation.membership?.pinned ?? false);
  return pinned !== 0 ? pinned : activity(other).localeCompare(activity(one));
}

function activity({ conversation }: Summary): string {
  return conversation.last_message?.sent_at ?? conversation.updated_at;
}

function newerMembership(known: Membership | undefined, row: Membership | undefined): Membership | undefined {
  if (known === undefined || row === undefined) return row ?? known;
  return (row.changed ?? 0) >= (known.changed ?? 0) ? row : known;
}
