// Entries of membership as notices in history: messages of type system, with a kind and parameters and number 0, so
// that an app shows "Asha added Ravi" in its place without knowing of entries.

import { ContentType, SystemNotice } from '../../../gen/circuit/chat/v1/content.ts';
import { Message, SenderKind, SenderRole } from '../../../gen/circuit/chat/v1/message.ts';
import type { ShownEntry } from '../conversation-log/conversation-log.ts';

type MembershipEntry = Exclude<ShownEntry, { kind: 'message' }>;

/** So many users are named in a notice; `count` tells how many there were. */
const usersNamed = 20;

/** The notice of an entry of membership. */
export function noticeOf(entry: MembershipEntry): Message {
  const [kind, parameters] = told(entry);
  return Message.fromPartial({
    messageId: entry._id,
    conversationId: entry.conversation_id,
    accountKey: entry.account_key,
    seq: entry.seq,
    changed: entry.seq,
    sender: { kind: SenderKind.SENDER_KIND_SYSTEM, role: SenderRole.SENDER_ROLE_SYSTEM },
    content: { type: ContentType.CONTENT_TYPE_SYSTEM },
    system: SystemNotice.fromPartial({ kind, parameters: new Map(Object.entries(parameters)) }),
    createdAt: entry.created_at,
    updatedAt: entry.created_at,
  });
}

function told(entry: MembershipEntry): readonly [string, Readonly<Record<string, string>>] {
  switch (entry.kind) {
    case 'created':
      return ['conversation_created', { created_by: entry.created_by }];
    case 'members_added': {
      const keys = entry.members.map((member) => member.user_key);
      const named = keys.slice(0, usersNamed).join(',');
      return [
        'member_joined',
        { user_key: keys[0] ?? '', user_keys: named, count: `${keys.length}`, added_by: entry.added_by },
      ];
    }
    case 'member_removed': {
      const { user_key, removed_by, new_owner_key } = entry;
      const kind = removed_by === user_key ? 'member_left' : 'member_removed';
      return [kind, { user_key, removed_by, ...(new_owner_key !== undefined && { new_owner_key }) }];
    }
    case 'role':
      return ['member_role', { user_key: entry.user_key, role: entry.role, changed_by: entry.changed_by }];
  }
}
