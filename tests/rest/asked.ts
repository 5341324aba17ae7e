// One request that succeeds for each REST binding of the API, by verb and path. Whoever adds a binding adds a row.

import type { Talk } from '../../services/chat/testing/talk.ts';

/** What fills the path, and what goes into the body or the query. */
export type Asked = { readonly path?: Readonly<Record<string, string>>; readonly data?: object };

export type Asking = (talk: Talk, kind: 'user' | 'domain_server') => Asked | Promise<Asked>;

const inPond =
  (data?: object): Asking =>
  ({ pond }) => ({ path: { conversation_id: pond }, ...(data && { data }) });

const ofMessage =
  (data?: object): Asking =>
  async ({ asha, pond }) => {
    const { messageId } = await asha.send(pond, 'DO is 3.1');
    return { path: { message_id: messageId }, data: { conversation_id: pond, ...data } };
  };

const inGroup =
  (type: string): Asking =>
  ({ asha, ravi }) => {
    const participants = type === 'direct' ? [ravi.key] : [asha.key, ravi.key];
    return { data: { type, participant_keys: participants, ...(type !== 'direct' && { info: { name: 'Pond B' } }) } };
  };

const addMember: Asking = async ({ pond, person }) => ({
  path: { conversation_id: pond },
  data: { user_keys: [(await person('Meena')).key] },
});
const memberOf: Asking = ({ pond, ravi }) => ({ path: { conversation_id: pond, user_key: ravi.key } });
const roleOf: Asking = ({ pond, ravi }) => ({
  path: { conversation_id: pond, user_key: ravi.key },
  data: { role: 'admin' },
});
const unreact: Asking = async ({ asha, pond }) => {
  const message = await asha.send(pond, 'Fed');
  await asha.react(message, '🎉');
  return { path: { message_id: message.messageId, emoji: '🎉' }, data: { conversation_id: pond } };
};
const reactionGone: Asking = async (talk, kind) => {
  const { path: { message_id = '', emoji = '' } = {}, data } = await unreact(talk, kind);
  return { path: { message_id }, data: { ...data, emoji } };
};

/** A domain server says for whom it sends. */
const said: Asking = ({ pond }, kind) => ({
  path: { conversation_id: pond },
  data: kind === 'user' ? words : { ...words, sender: { kind: 'agent', external_id: 'agent-7' } },
});

const words = { content: { type: 'text', text: 'DO is 2.1' } };

export const asked: Readonly<Record<string, Asking>> = {
  'POST /api/chat/conversations': inGroup('group'),
  'POST /api/chat/groups': inGroup('group'),
  'GET /api/chat/conversations/{conversation_id}': inPond(),
  'GET /api/chat/groups/{conversation_id}': inPond(),
  'GET /api/chat/conversations': () => ({ data: { page_size: 10 } }),
  'DELETE /api/chat/conversations/{conversation_id}': inPond(),
  'GET /api/chat/conversations/{conversation_id}/members': inPond({ page_size: 1 }),
  'GET /api/chat/groups/{conversation_id}/members': inPond(),
  'POST /api/chat/conversations/{conversation_id}/members': addMember,
  'POST /api/chat/groups/{conversation_id}/members': addMember,
  'DELETE /api/chat/conversations/{conversation_id}/members/{user_key}': memberOf,
  'DELETE /api/chat/groups/{conversation_id}/members/{user_key}': memberOf,
  'POST /api/chat/conversations/{conversation_id}/leave': inPond(),
  'POST /api/chat/groups/{conversation_id}/leave': inPond(),
  'PUT /api/chat/conversations/{conversation_id}/members/{user_key}/role': roleOf,
  'PUT /api/chat/groups/{conversation_id}/members/{user_key}/role': roleOf,
  'POST /api/chat/conversations/{conversation_id}/messages': said,
  'POST /api/chat/conversations/{conversation_id}/system': inPond({ system: { kind: 'fed' }, text: 'Fed' }),
  'POST /api/chat/messages/{message_id}/forward': async (talk, kind) => {
    const { path, data } = await ofMessage()(talk, kind);
    const { conversation_id: from } = data as { conversation_id: string };
    return {
      ...(path && { path }),
      data: { conversation_id: await talk.direct(talk.asha, talk.ravi), from_conversation_id: from },
    };
  },
  'GET /api/chat/messages/{message_id}': ofMessage(),
  'GET /api/chat/conversations/{conversation_id}/messages': inPond({ page_size: 5 }),
  'PUT /api/chat/messages/{message_id}': ofMessage(words),
  'GET /api/chat/messages/{message_id}/edits': ofMessage(),
  'DELETE /api/chat/messages/{message_id}': ofMessage(),
  'POST /api/chat/messages/{message_id}/react': ofMessage({ emoji: '🐟' }),
  'DELETE /api/chat/messages/{message_id}/react/{emoji}': unreact,
  'DELETE /api/chat/messages/{message_id}/react': reactionGone,
  'GET /api/chat/messages/{message_id}/reactions': ofMessage(),
  'POST /api/chat/conversations/{conversation_id}/read': inPond(),
  'POST /api/chat/delivered': ({ pond }) => ({ data: { positions: [{ conversation_id: pond, seq: 1 }] } }),
  'GET /api/chat/messages/{message_id}/receipts': ofMessage(),
  'POST /api/chat/conversations/{conversation_id}/typing': inPond(),
  'DELETE /api/chat/conversations/{conversation_id}/typing': inPond(),
  'PUT /api/chat/conversations/{conversation_id}/mute': inPond({ muted: true }),
  'PUT /api/chat/conversations/{conversation_id}/pin': inPond({ pinned: true }),
  'PUT /api/chat/conversations/{conversation_id}/archive': inPond({ archived: true }),
  'PUT /api/chat/conversations/{conversation_id}/draft': inPond({ content: 'and now' }),
  'POST /api/chat/sync': ({ pond }) => ({ data: { positions: [{ topic: `c:${pond}`, seq: 0 }] } }),
  'POST /api/chat/users': ({ accountKey }) => ({
    data: { account_key: accountKey, users: [{ user_key: '811111111111', display_name: 'Kiran' }] },
  }),
};
