// Changes of a user's own row: how several become one, and what of one is a change at all.

import type { MemberRow } from '../documents/member-row.ts';
import type { StoredRowChange } from './user-entry.ts';
import type { RowChange } from './user-logs.ts';

/** What both do, the second later. Reads only rise. */
export function mergeChanges(first: RowChange, second: RowChange): RowChange {
  const read =
    first.read !== undefined && second.read !== undefined && first.read.seq >= second.read.seq
      ? first.read
      : (second.read ?? first.read);
  return { ...first, ...second, ...(read && { read }) };
}

/** What a change does to a row, as it is stored; `undefined` where it does nothing. */
export function effectOf(row: MemberRow, change: RowChange): StoredRowChange | undefined {
  const fields = {
    ...readEffect(row, change.read),
    ...muteEffect(row, change),
    ...(change.pinned !== undefined && change.pinned !== (row.pinned ?? false) && { pinned: change.pinned }),
    ...(change.archived !== undefined && change.archived !== (row.archived ?? false) && { archived: change.archived }),
    ...draftEffect(row, change.draft),
  };
  return Object.keys(fields).length === 0 ? undefined : { conversation_id: row.conversation_id, ...fields };
}

type Fields = Omit<StoredRowChange, 'conversation_id'>;

function readEffect(row: MemberRow, read: RowChange['read']): Fields {
  const before = row.read_seq ?? 0;
  if (read === undefined || read.seq <= before) return {};
  return {
    read_seq: read.seq,
    read_number: read.number,
    ...(read.keepTime && { read_at: new Date(read.at), read_from: before }),
  };
}

function muteEffect(row: MemberRow, { muted, mutedUntil }: RowChange): Fields {
  if (muted === undefined) return {};
  const until = muted ? (mutedUntil ?? null) : null;
  const same = muted === (row.muted ?? false) && until?.getTime() === row.muted_until?.getTime();
  return same ? {} : { muted, muted_until: until };
}

function draftEffect(row: MemberRow, draft: RowChange['draft']): Fields {
  if (draft === undefined || (draft?.content ?? '') === (row.draft?.content ?? '')) return {};
  return { draft: draft && { content: draft.content, updated_at: new Date(draft.updatedAt) } };
}
