// Entries of a conversation's log in words, the same whether they come as an event or from the log at the end, and
// whatever later entries have made of the message.

import type {
  ConversationNewEvent,
  MemberAddedEvent,
  MemberRemovedEvent,
  MemberRoleEvent,
  Message,
  MessageDeletedEvent,
  MessageNewEvent,
  MessageReactionEvent,
  MessageUpdatedEvent,
} from '../../../gen/json/api.ts';
import type { Logged } from '../record.ts';

/** Every event that is an entry of a conversation's log. */
export const entryEvents = [
  'message.new',
  'message.updated',
  'message.deleted',
  'message.reaction',
  'conversation.new',
  'member.added',
  'member.removed',
  'member.role',
] as const;

export const messageWords = (messageId: string) => `message ${messageId}`;
export const editedWords = (messageId: string) => `edited ${messageId}`;
export const deletedWords = (messageId: string) => `deleted ${messageId}`;
export const cameWords = (users: readonly string[]) => `came ${[...users].sort().join(', ')}`;
export const wentWords = (user: string) => `went ${user}`;

/** What an event says, as `Logged.what`. */
export function wordsOf(event: string, data: unknown): string {
  switch (event) {
    case 'message.new':
      return messageWords((data as MessageNewEvent).message?.message_id ?? '');
    case 'message.updated':
      return editedWords((data as MessageUpdatedEvent).message_id ?? '');
    case 'message.deleted':
      return deletedWords((data as MessageDeletedEvent).message_id ?? '');
    case 'message.reaction': {
      const { message_id, user_key, removed = false } = data as MessageReactionEvent;
      return `reaction ${message_id} ${user_key} ${removed ? 'off' : 'on'}`;
    }
    case 'member.added':
      return cameWords(keysOf((data as MemberAddedEvent).members));
    case 'member.removed':
      return wentWords((data as MemberRemovedEvent).user_key ?? '');
    case 'member.role':
      return `role ${(data as MemberRoleEvent).user_key} ${(data as MemberRoleEvent).role}`;
    default:
      return event;
  }
}

/** The message whose words an event brings beside what it says of itself, as `Logged.what`. */
export function wordsWith(event: string, data: unknown): string | undefined {
  if (event !== 'message.updated') return undefined;
  const { message_id, content } = data as MessageUpdatedEvent;
  return content === undefined ? undefined : messageWords(message_id);
}

/** An entry of the log at the end. */
export function loggedOf(seq: number, event: string, data: unknown): Logged {
  const message = event === 'message.new' ? (data as MessageNewEvent).message : undefined;
  const sender = message?.sender?.user_key ?? '';
  const what = wordsOf(event, data);
  const [request = ''] = message?.content?.text?.split(' ') ?? [];
  // A deleted message has no text any more by which to know it again.
  const said = message === undefined || request === '' ? '' : `${sender} ${request}`;
  const once = event === 'message.updated' || event === 'message.deleted' ? what : said;
  const went = event === 'member.removed' ? [(data as MemberRemovedEvent).user_key ?? ''] : [];
  return { seq, what, once, sender, came: cameIn(event, data), went };
}

function cameIn(event: string, data: unknown): readonly string[] {
  if (event === 'member.added') return keysOf((data as MemberAddedEvent).members);
  if (event === 'conversation.new') return keysOf((data as ConversationNewEvent).conversation?.participants);
  return [];
}

function keysOf(members: readonly { readonly user_key?: string }[] = []): readonly string[] {
  return members.map(({ user_key = '' }) => user_key);
}

/** A message as an app shows it. */
export function shownAs({ seq, content, deleted, edited, reactions = [] }: Message): string {
  const said = deleted?.is_deleted ? '(deleted)' : (content?.text ?? content?.type ?? '');
  const counted = reactions.map(({ emoji, count }) => `${emoji}${count}`).sort();
  return [`${seq}`, said, ...(edited?.is_edited ? ['(edited)'] : []), ...counted].join(' ');
}
