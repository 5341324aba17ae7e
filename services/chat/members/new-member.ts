import type { NewMember } from '../documents/entry.ts';
import type { RoleWord } from '../documents/member-row.ts';
import type { KnownUser } from '../users/users.ts';

/** A known user as the entry of their coming holds them: with name and picture of then. */
export function newMember(user: KnownUser, role: RoleWord): NewMember {
  return {
    user_key: user.userKey,
    role,
    ...(user.displayName && { display_name: user.displayName }),
    ...(user.avatarUrl && { avatar_url: user.avatarUrl }),
  };
}
