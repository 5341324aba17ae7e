import type { TopicEntries, TopicPosition } from '../../../gen/circuit/chat/v1/chat_service.ts';
import { userOf } from '../callers.ts';
import type { ChatContext } from '../chat.ts';
import { userEvent } from '../topics/user-event.ts';
import { syncLimits } from './limits.ts';

/** Entries of the caller's own log above a position; gone where the log was compacted above it, or is not as long. */
export async function ownEntries(context: ChatContext, { topic, seq }: TopicPosition): Promise<TopicEntries> {
  const user = userOf(context.caller);
  const page = await context.service.userLogs.entries(user.key, seq, syncLimits.entriesMax);
  const entries = page.entries.map((entry) => ({ seq: entry.seq, event: userEvent(entry) }));
  const gone = page.gone || seq > page.head;
  return { topic, entries: gone ? [] : entries, head: page.head, gone, denied: false };
}
