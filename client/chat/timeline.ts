// The loaded stretch of a conversation's history, newest end included, as a list by rising number. Pure.

import type { Message } from '../../gen/json/api.ts';
import { changedAt, changeMessage, changeQuote, type MessageChange, withWordsOf } from './change-message.ts';

/** Messages of one conversation in memory; above it the oldest go, and are loaded again when they are scrolled to. */
export const timelineMax = 5_000;

export type Timeline = {
  /** Messages and notices, each number once. */
  readonly messages: readonly Message[];
  /** There is more below the first. */
  readonly hasOlder: boolean;
};

export const seqOf = (message: Message): number => message.seq;

/** With messages added: of two with one number the one that knows more changes stays. */
export function withMessages(timeline: Timeline, added: readonly Message[]): Timeline {
  if (added.length === 0) return timeline;
  const messages = [...timeline.messages];
  for (const message of added) if (!isBelow(timeline, message)) insert(messages, message);
  if (messages.length <= timelineMax) return { ...timeline, messages };
  return { messages: messages.slice(-timelineMax), hasOlder: true };
}

/** It comes with its page: before that there would be a hole behind it, which no page fills. */
function isBelow({ messages: [first], hasOlder }: Timeline, message: Message): boolean {
  return hasOlder && first !== undefined && seqOf(message) < seqOf(first);
}

/** With an older page in front. */
export function withOlder(timeline: Timeline, older: readonly Message[], hasOlder: boolean): Timeline {
  const known = new Set(timeline.messages.map(seqOf));
  const messages = [...older.filter((message) => !known.has(seqOf(message))), ...timeline.messages];
  messages.sort((one, other) => seqOf(one) - seqOf(other));
  return { messages, hasOlder };
}

/** With a change in the message that it names, and in the quotes of it. */
export function withChange(timeline: Timeline, change: MessageChange, userKey: string): Timeline {
  let touched = false;
  const messages = timeline.messages.map((message) => {
    const target = message.message_id === change.data.message_id;
    const next = target ? changeMessage(message, change, userKey) : changeQuote(message, change);
    touched ||= next !== message;
    return next;
  });
  return touched ? { ...timeline, messages } : timeline;
}

/** With what a message says now, read apart. */
export function withWords(timeline: Timeline, read: Message): Timeline {
  const messages = timeline.messages.map((message) =>
    message.message_id === read.message_id ? withWordsOf(message, read) : message,
  );
  return { ...timeline, messages };
}

/** Without messages that the user deleted for themselves. */
export function withoutMessages(timeline: Timeline, messageIds: readonly string[]): Timeline {
  const hidden = new Set(messageIds);
  return { ...timeline, messages: timeline.messages.filter(({ message_id }) => !hidden.has(message_id)) };
}

/** Nearly every message is the newest: looked for from the end. */
function insert(messages: Message[], message: Message): void {
  const seq = seqOf(message);
  let at = messages.length;
  while (at > 0 && seqOf(messages[at - 1] as Message) > seq) at -= 1;
  const before = messages[at - 1];
  if (before === undefined || seqOf(before) !== seq) messages.splice(at, 0, message);
  else if (changedAt(message) > changedAt(before)) messages[at - 1] = message;
}
