import type { Entry, TopicEntries, TopicPosition } from '../../../gen/circuit/chat/v1/chat_service.ts';
import type { ChatContext } from '../chat.ts';
import type { MessageDocument, Entry as StoredEntry } from '../documents/entry.ts';
import { openReader, type Reader } from '../members/reader.ts';
import { showEntries } from '../messages/show-messages.ts';
import { conversationEvent } from '../topics/conversation-event.ts';
import { syncLimits } from './limits.ts';

/**
 * Entries of a conversation's log above a position, as its member sees them. Below where they came (or the log's
 * floor), and above the head, the position is gone. One who left gets what came before that, and is then denied.
 */
export async function conversationEntries(
  context: ChatContext,
  conversationId: string,
  { topic, seq }: TopicPosition,
): Promise<TopicEntries> {
  const reader = await openReader(context, conversationId);
  const head = reader.upTo;
  const came = reader.row.since - 1;
  const nothing = { topic, entries: [], head, gone: false, denied: false };
  // Above the head: the log was longer once, before it was restored from a backup.
  if (seq < came || (seq > head && reader.row.active)) return { ...nothing, gone: true };
  if (seq >= head) return { ...nothing, denied: !reader.row.active };
  const page = await reader.view.entries(seq, syncLimits.entriesMax);
  if (page.gone) return { ...nothing, gone: true };
  const readable = page.entries.filter((entry) => entry.seq <= head);
  const complete = (readable.at(-1)?.seq ?? seq) >= head;
  return { ...nothing, entries: await shown(context, reader, readable), denied: !reader.row.active && complete };
}

/** Messages with what is the reader's own laid over them; changes as everyone sees them. */
async function shown(context: ChatContext, reader: Reader, entries: readonly StoredEntry[]): Promise<readonly Entry[]> {
  const messages = entries.filter((entry): entry is MessageDocument => entry.kind === 'message');
  const overlaid = new Map((await showEntries(context, reader, messages)).map((message) => [message.seq, message]));
  return entries.map((entry) => {
    const message = overlaid.get(entry.seq);
    if (message === undefined) return { seq: entry.seq, event: conversationEvent(entry) };
    return { seq: entry.seq, event: { $case: 'messageNew', value: { message } } };
  });
}
