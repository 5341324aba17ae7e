// Who speaks, as a message keeps it: name and picture as they are at sending.

import { userOf } from '../callers.ts';
import type { ChatContext } from '../chat.ts';
import type { StoredSender } from '../documents/message-document.ts';
import type { KnownUser } from '../users/users.ts';

/** The calling user as the sender of a message. Waits only where the user was forgotten since the call came. */
export function senderOf(context: ChatContext): Promise<StoredSender> | StoredSender {
  const { service, caller, now } = context;
  const { accountKey, key } = userOf(caller);
  const known = service.users.known(accountKey, key, now);
  return known === undefined ? service.users.get(accountKey, key, now).then(asSender) : asSender(known);
}

/** A user as the sender of a message. */
export function asSender({
  userKey,
  displayName,
  avatarUrl,
}: Pick<KnownUser, 'userKey' | 'displayName' | 'avatarUrl'>): StoredSender {
  return {
    kind: 'user',
    user_key: userKey,
    ...(displayName && { display_name: displayName }),
    ...(avatarUrl && { avatar_url: avatarUrl }),
  };
}
