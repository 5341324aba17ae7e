// Entries of membership as the notices that history pages show for them: same number, same kind, same parameters.

import type {
  ConversationNewEvent,
  MemberAddedEvent,
  MemberRemovedEvent,
  MemberRoleEvent,
  Message,
} from '../../gen/json/api.ts';

/** Where an entry stands. */
export type NoticePlace = { readonly conversationId: string; readonly accountKey: string; readonly seq: number };

/** So many users are named in a notice; `count` tells how many there were. */
const usersNamed = 20;

/** The notice of a live entry; undefined for entries that history does not show. */
export function noticeOf(event: string, data: unknown, place: NoticePlace): Message | undefined {
  switch (event) {
    case 'conversation.new': {
      const { created_at, created_by } = (data as ConversationNewEvent).conversation;
      return notice(place, created_at, 'conversation_created', { created_by });
    }
    case 'member.added': {
      const { members = [], added_by, at } = data as MemberAddedEvent;
      const keys = members.map(({ user_key }) => user_key);
      const named = { user_key: keys[0], user_keys: keys.slice(0, usersNamed).join(','), count: `${keys.length}` };
      return notice(place, at, 'member_joined', { ...named, added_by });
    }
    case 'member.removed': {
      const { user_key, removed_by, new_owner_key, at } = data as MemberRemovedEvent;
      const kind = removed_by === user_key ? 'member_left' : 'member_removed';
      return notice(place, at, kind, { user_key, removed_by, new_owner_key });
    }
    case 'member.role': {
      const { user_key, role, changed_by, at } = data as MemberRoleEvent;
      return notice(place, at, 'member_role', { user_key, role, changed_by });
    }
    default:
      return undefined;
  }
}

function notice(
  { conversationId, accountKey, seq }: NoticePlace,
  at: string,
  kind: string,
  parameters: Readonly<Record<string, string | undefined>>,
): Message {
  const given = Object.entries(parameters).filter((entry): entry is [string, string] => Boolean(entry[1]));
  return {
    // Only history pages name it: nothing is done to a notice by its id.
    message_id: '',
    conversation_id: conversationId,
    account_key: accountKey,
    seq,
    number: 0,
    changed: seq,
    sender: { kind: 'system' },
    content: { type: 'system' },
    system: { kind, parameters: Object.fromEntries(given) },
    created_at: at,
    updated_at: at,
  };
}
