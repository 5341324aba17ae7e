// A page of a user's log, its entries as they leave: those about rows with the rows of today.

import { calculateObjectSize } from 'bson';
import type { UserEntry } from './user-entry.ts';
import type { UserDocuments, UserState } from './user-kind.ts';
import type { UserEntryPage } from './user-logs.ts';

/** Bytes of a page, as stored; the first entry comes whatever its size. */
const pageBytesMax = 256 * 1024;

export async function userPage(
  documents: UserDocuments,
  state: UserState,
  after: number,
  limit: number,
): Promise<UserEntryPage> {
  const head = state.seq;
  if (after < state.floorSeq) return { entries: [], head, gone: true };
  if (after >= head) return { entries: [], head, gone: false };
  const own = { user_key: state.userKey, account_key: state.accountKey };
  const found = await documents.entries
    .find({ ...own, seq: { $gt: after, $lte: head } }, { readConcern: { level: 'majority' } })
    .sort({ seq: 1 })
    .limit(limit)
    .toArray();
  const page: UserEntry[] = [];
  let next = after + 1;
  const concerned = new Set<string>();
  let bytes = 0;
  for (const entry of found) {
    bytes += calculateObjectSize(entry);
    if (page.length > 0 && bytes > pageBytesMax) break;
    // Another process has raised the floor since this one read it.
    if (entry.seq !== next) break;
    next += 1;
    page.push(entry);
    if (entry.kind === 'rows') for (const change of entry.changes) concerned.add(change.conversation_id);
  }
  if (page.length === 0) return { entries: [], head, gone: true };
  const rows = concerned.size === 0 ? [] : await documents.rowsNow(state, [...concerned]);
  const byConversation = new Map(rows.map((now) => [now.row.conversation_id, now]));
  const entries = page.map((entry) =>
    entry.kind === 'rows'
      ? { ...entry, rows: entry.changes.flatMap((change) => byConversation.get(change.conversation_id) ?? []) }
      : entry,
  );
  return { entries, head, gone: false };
}
