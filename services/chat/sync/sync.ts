// Catching up: what is missing of many topics at once, in pages that never hold up a reply for long. The log and the
// caller's rights decide what is in them; topics are the caller's own `u:` and conversations' `c:`.

import {
  Entry,
  type SyncRequest,
  type SyncResponse,
  type TopicEntries,
  type TopicPosition,
} from '../../../gen/circuit/chat/v1/chat_service.ts';
import { CircuitError } from '../../../mesh/errors/circuit-error.ts';
import { userOf } from '../callers.ts';
import type { ChatContext, ChatHandler } from '../chat.ts';
import { partsOfTopic } from '../topics/names.ts';
import { conversationEntries } from './conversation-entries.ts';
import { syncLimits } from './limits.ts';
import { ownEntries } from './own-entries.ts';

/**
 * What is missing of each topic above the caller's position, under the caller's own rights, as far as the page has
 * room.
 */
export const sync: ChatHandler<SyncRequest, SyncResponse> = async (request, context) => {
  const topics: TopicEntries[] = [];
  let left: number = syncLimits.bytesMax;
  let more = false;
  const { positions } = request;
  const own = await ownConversations(context, positions);
  // Several at once: one after the other, 500 topics of a store that is some milliseconds away take longer than a call.
  for (let from = 0; from < positions.length && left > 0; from += syncLimits.topicsAtOnce) {
    context.abortable.throwIfAborted();
    const some = positions.slice(from, from + syncLimits.topicsAtOnce);
    for (const found of await Promise.all(some.map((position) => entriesOf(context, own, position)))) {
      if (left <= 0) break;
      const { shown, bytes } = cutAt(found, left);
      left -= bytes;
      if (hasMore(shown, positions[topics.length]!)) more = true;
      topics.push(shown);
    }
  }
  return { topics, more: more || topics.length < positions.length };
};

/** Those of the conversations asked for that the caller is or was in: no log is opened for a stranger. */
async function ownConversations(context: ChatContext, positions: readonly TopicPosition[]): Promise<Set<string>> {
  const { accountKey, key: userKey } = userOf(context.caller);
  const parts = positions.map(({ topic }) => partsOfTopic(topic));
  const ids = parts.filter(({ prefix }) => prefix === 'c').map(({ key }) => key);
  if (ids.length === 0) return new Set();
  const rows = await context.service.conversations.rows.ofUserIn(accountKey, userKey, ids);
  return new Set(rows.map((row) => row.conversation_id));
}

/** Topics that the caller may not read, that do not exist, and that are no log at all look the same: denied. */
async function entriesOf(
  context: ChatContext,
  own: ReadonlySet<string>,
  position: TopicPosition,
): Promise<TopicEntries> {
  const { prefix, key } = partsOfTopic(position.topic);
  try {
    if (prefix === 'u' && key === userOf(context.caller).key) return await ownEntries(context, position);
    if (prefix === 'c' && own.has(key)) return await conversationEntries(context, key, position);
  } catch (error) {
    if (!(error instanceof CircuitError) || !denials.has(error.reason)) throw error;
  }
  return { topic: position.topic, entries: [], head: 0, gone: false, denied: true };
}

const denials: ReadonlySet<string> = new Set(['CONVERSATION_NOT_FOUND', 'NOT_A_MEMBER']);

/** As many entries as fit, but at least one, so that a client always gets on; and what they weigh, encoded. */
function cutAt(found: TopicEntries, bytesMax: number): { readonly shown: TopicEntries; readonly bytes: number } {
  let bytes = topicBytes;
  let count = 0;
  for (const entry of found.entries) {
    if (count > 0 && bytes >= bytesMax) break;
    bytes += Entry.encode(entry).finish().length + entryBytes;
    count += 1;
  }
  if (count === found.entries.length) return { shown: found, bytes };
  return { shown: { ...found, entries: found.entries.slice(0, count), denied: false }, bytes };
}

/** What a topic and an entry weigh beside their contents: tags, lengths, the topic's name, head and flags. */
const topicBytes = 96;
const entryBytes = 8;

function hasMore(shown: TopicEntries, position: TopicPosition): boolean {
  if (shown.gone || shown.denied) return false;
  return (shown.entries.at(-1)?.seq ?? position.seq) < shown.head;
}
