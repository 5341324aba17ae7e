// What an entry of the log makes of a message. Pure, and idempotent: an entry at or below what the message already
// holds (`changed`) leaves it as it is, so repeats and pages that know more do no harm.

import type {
  Message,
  MessageDeletedEvent,
  MessageReactionEvent,
  MessageUpdatedEvent,
  Reaction,
} from '../../gen/json/api.ts';

/** A change to one message, as an event names it. */
export type MessageChange =
  | { readonly event: 'message.updated'; readonly seq: number; readonly data: MessageUpdatedEvent }
  | { readonly event: 'message.deleted'; readonly seq: number; readonly data: MessageDeletedEvent }
  | { readonly event: 'message.reaction'; readonly seq: number; readonly data: MessageReactionEvent };

/** Members named under an emoji; the server names no more. */
const namedReactors = 20;
const previewGraphemes = 100;

export const changedAt = (message: Message): number => Math.max(message.changed, message.seq);

/** The message with the change in it. */
export function changeMessage(message: Message, change: MessageChange, userKey: string): Message {
  if (changedAt(message) >= change.seq) return message;
  if (change.event === 'message.updated') return rewritten(message, change.seq, change.data);
  if (change.event === 'message.deleted') return deleted(message, change.seq, change.data);
  return reacted(message, change.seq, change.data, userKey);
}

/** The message, its quote of a changed message made to follow. */
export function changeQuote(message: Message, { event, data }: MessageChange): Message {
  const quote = message.reply_to;
  if (event === 'message.reaction' || quote === undefined || quote.message_id !== data.message_id) return message;
  if (event === 'message.deleted') return { ...message, reply_to: { ...quote, content_preview: '' } };
  const words = data.content?.text || data.content?.caption;
  return words ? { ...message, reply_to: { ...quote, content_preview: shorten(words) } } : message;
}

/** One line of at most 100 graphemes. */
export function shorten(words: string): string {
  const line = words.slice(0, 2_000).replace(/\s+/gu, ' ').trim();
  if (line.length <= previewGraphemes) return line;
  const graphemes = new Intl.Segmenter('und', { granularity: 'grapheme' }).segment(line);
  return Array.from(graphemes, ({ segment }) => segment)
    .slice(0, previewGraphemes)
    .join('');
}

function rewritten(message: Message, seq: number, data: MessageUpdatedEvent): Message {
  // What it says now is read apart, or it was deleted later: that entry is still to come.
  if (data.content === undefined) return { ...message, changed: seq };
  const { content, mentions = [], edited } = data;
  return { ...message, content, mentions, edited, changed: seq };
}

/** The message with the words of a copy that was read apart, unless they are older. */
export function withWordsOf(message: Message, read: Message): Message {
  const older = (read.edited?.edit_count ?? 0) < (message.edited?.edit_count ?? 0);
  if (older || message.deleted?.is_deleted || read.content === undefined) return message;
  const { content, mentions = [], edited } = read;
  return { ...message, content, mentions, ...(edited && { edited }) };
}

/** What a deletion leaves: that there was something, whose and when. */
const tombstoneFields = [
  'message_id',
  'conversation_id',
  'account_key',
  'seq',
  'number',
  'sender',
  'status',
  'metadata',
  'created_at',
  'updated_at',
] as const satisfies readonly (keyof Message)[];

function deleted(message: Message, seq: number, data: MessageDeletedEvent): Message {
  const kept = tombstoneFields.filter((field) => field in message).map((field) => [field, message[field]]);
  return { ...(Object.fromEntries(kept) as Message), deleted: { is_deleted: true, ...data.deleted }, changed: seq };
}

function reacted(message: Message, seq: number, data: MessageReactionEvent, userKey: string): Message {
  const { emoji, user_key, removed } = data;
  const own = new Set(message.own_reactions ?? []);
  if (user_key === userKey && removed) own.delete(emoji);
  if (user_key === userKey && !removed) own.add(emoji);
  const reactions = removed
    ? withoutReactor(message.reactions ?? [], emoji, user_key)
    : withReactor(message.reactions ?? [], data);
  return { ...message, reactions, own_reactions: [...own], changed: seq };
}

function withReactor(reactions: readonly Reaction[], data: MessageReactionEvent): readonly Reaction[] {
  const { emoji, user_key: userKey, reaction_type } = data;
  const found = reactions.find((reaction) => reaction.emoji === emoji);
  const type = reaction_type === undefined ? {} : { reaction_type };
  if (found === undefined) return [...reactions, { emoji, user_keys: [userKey], count: 1, ...type }];
  const named = found.user_keys ?? [];
  const more = { ...found, user_keys: [...named, userKey].slice(0, namedReactors), count: found.count + 1 };
  return reactions.map((reaction) => (reaction === found ? more : reaction));
}

function withoutReactor(reactions: readonly Reaction[], emoji: string, userKey: string): readonly Reaction[] {
  return reactions.flatMap((reaction) => {
    if (reaction.emoji !== emoji) return [reaction];
    const count = reaction.count - 1;
    return count <= 0
      ? []
      : [{ ...reaction, count, user_keys: (reaction.user_keys ?? []).filter((key) => key !== userKey) }];
  });
}
