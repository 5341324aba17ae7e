// Who speaks, as a message keeps it: name and picture as they are at sending.

import { userOf } from '../callers.ts';
import type { ChatContext } from '../chat.ts';
import type { StoredSender } from '../log/message-document.ts';

/** The calling user as the sender of a message. In memory for all but a user's first message. */
export async function senderOf(context: ChatContext): Promise<StoredSender> {
  const user = userOf(context.caller);
  const known = await context.service.users.get(user.accountKey, user.key, context.now);
  return {
    kind: 'user',
    user_key: user.key,
    ...(known.displayName && { display_name: known.displayName }),
    ...(known.avatarUrl && { avatar_url: known.avatarUrl }),
  };
}
