import type { ServiceToken, UserToken } from '../../mesh/auth/issuer.ts';
import type { MethodSchema } from '../../mesh/schema/api.ts';
import type { Talk } from '../../services/chat/testing/talk.ts';
import type { Names } from './requests.ts';

/** What exists in a talk, by the fields that name it. */
export async function namesOf({ asha, ravi, pond, direct, accountKey }: Talk): Promise<Names> {
  const sent = [await asha.send(pond, 'DO is 2.1'), await asha.send(pond, 'Fed')].map(({ messageId }) => messageId);
  return {
    conversation_id: [pond, await direct(asha, ravi)],
    from_conversation_id: [pond],
    message_id: sent,
    reply_to_message_id: sent,
    user_key: [asha.key, ravi.key],
    participant_keys: [asha.key, ravi.key],
    user_keys: [asha.key, ravi.key],
    mentions: [ravi.key],
    account_key: [accountKey],
    topic: [`c:${pond}`, `u:${asha.key}`],
    emoji: ['👍', '🎉'],
    // Without these most requests end at the first thing that a handler looks at.
    page_token: [''],
    after: [''],
  };
}

/** Who may make this call: Asha, or else a domain server of the account. */
export function callerOf(method: MethodSchema, { asha, accountKey }: Talk): UserToken | ServiceToken {
  return method.callers.includes('user')
    ? { userKey: asha.key, accountKey, displayName: asha.name }
    : { kind: 'domain_server', key: 'fish', accountKeys: [accountKey] };
}
