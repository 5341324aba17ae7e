// What a reply shows of the message that it answers: the words of today. A quote follows an edit and goes blank with a
// deletion, without a write to any reply. It does not follow an edit that is withheld from some who may read the reply.

import type { Collection } from 'mongodb';
import type { Entry, MessageDocument } from '../documents/entry.ts';
import { saidOf } from '../documents/stored-said.ts';
import { previewOf } from '../messages/preview.ts';
import type { InConversation } from './in-conversation.ts';

/** The same entries; replies among them with their quote of today. One look-up for all. */
export async function withQuotes<Any extends Entry>(
  entries: Collection<Entry>,
  where: InConversation,
  page: readonly Any[],
): Promise<readonly Any[]> {
  if (!page.some((entry) => entry.kind === 'message' && entry.reply_to !== undefined)) return page;
  const targets = new Set<string>();
  for (const entry of page) {
    if (entry.kind === 'message' && entry.reply_to !== undefined) targets.add(entry.reply_to.message_id);
  }
  const found = await entries.find({ _id: { $in: [...targets] }, ...where }).toArray();
  const previews = new Map(
    found.filter((entry) => entry.kind === 'message').map((message) => [message._id, wordsOfToday(message)]),
  );
  return page.map((entry) =>
    entry.kind === 'message' && entry.reply_to !== undefined
      ? { ...entry, reply_to: quote(entry.reply_to, previews) }
      : entry,
  );
}

/** `undefined`: the words that the reply was sent with stay. */
function wordsOfToday(message: MessageDocument): string | undefined {
  return message.edited?.withheld ? undefined : previewOf(saidOf(message));
}

function quote(
  reply: NonNullable<MessageDocument['reply_to']>,
  previews: ReadonlyMap<string, string | undefined>,
): NonNullable<MessageDocument['reply_to']> {
  if (!previews.has(reply.message_id)) return { ...reply, content_preview: '' };
  return { ...reply, content_preview: previews.get(reply.message_id) ?? reply.content_preview };
}
