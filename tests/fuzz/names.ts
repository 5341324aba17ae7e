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
    topics: [`c:${pond}`, `u:${asha.key}`],
    positions: [`c:${pond}`, `u:${asha.key}`],
    emoji: ['👍', '🎉'],
    // Without these most requests end at the first thing that a handler looks at.
    page_token: [''],
    after: [''],
  };
}

/** One caller of each kind that may make this call: Asha, a domain server of the account, an edge, a process. */
export function callersOf(method: MethodSchema, { asha, accountKey }: Talk): readonly (UserToken | ServiceToken)[] {
  const who: Readonly<Record<string, UserToken | ServiceToken>> = {
    user: { userKey: asha.key, accountKey, displayName: asha.name },
    domain_server: { kind: 'domain_server', key: 'fish', accountKeys: [accountKey] },
    edge: { kind: 'edge', key: 'edge' },
    system: { kind: 'system', key: 'chat' },
  };
  return method.callers.flatMap((kind) => who[kind] ?? []);
}
