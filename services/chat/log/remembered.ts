// What a process remembers of an entry whose request may be repeated: where it stands, not what it says.

import type { Entry } from './entry.ts';

/** As a deletion would leave it. Assigned to a literal: every send passes here. */
export function rememberedEntry(entry: Entry): Entry {
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
    case 'message': {
      const { sender, metadata, changed, updated_at } = entry;
      const { kind, user_key = '' } = sender;
      return { ...head, kind: 'message', sender: { kind, user_key }, metadata, changed, updated_at };
    }
    case 'edited': {
      const { target, edit_count, user_key } = entry;
      return { ...head, kind: 'edited', target, edit_count, user_key };
    }
    case 'deleted':
      return { ...head, kind: 'deleted', target: entry.target, deleted_by: entry.deleted_by };
    case 'created':
      return { ...entry, members: [] };
    case 'members_added':
      return { ...entry, members: [] };
    default:
      return entry;
  }
}
