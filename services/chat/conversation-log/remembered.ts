// What a process remembers of an entry whose request may be repeated: where it stands, not what it says.

import type { Entry, EntryOf } from '../documents/entry.ts';

/** As a deletion would leave it. */
export function rememberedEntry(entry: Entry): Entry {
  if (entry.kind === 'message') return rememberedMessage(entry);
  const head = {
    _id: entry._id,
    conversation_id: entry.conversation_id,
    account_key: entry.account_key,
    seq: entry.seq,
    number: entry.number,
    sender_key: entry.sender_key,
    request_id: entry.request_id,
    about: entry.about,
    created_at: entry.created_at,
  };
  switch (entry.kind) {
    case 'edited': {
      const { target, edit_count, user_key } = entry;
      return { ...head, kind: 'edited', target, edit_count, user_key };
    }
    case 'deleted':
      return { ...head, kind: 'deleted', target: entry.target, deleted_by: entry.deleted_by };
    case 'created':
    case 'members_added':
      return { ...entry, members: [] };
    default:
      return entry;
  }
}

/** One literal: every send passes here, and a spread of its head costs 10 µs. */
function rememberedMessage(entry: EntryOf<'message'>): Entry {
  return {
    _id: entry._id,
    conversation_id: entry.conversation_id,
    account_key: entry.account_key,
    seq: entry.seq,
    number: entry.number,
    sender_key: entry.sender_key,
    request_id: entry.request_id,
    about: entry.about,
    created_at: entry.created_at,
    kind: 'message',
    sender: { kind: entry.sender.kind, user_key: entry.sender.user_key ?? '' },
    metadata: entry.metadata,
    changed: entry.changed,
    updated_at: entry.updated_at,
  };
}
