import { afterAll, describe, expect, it } from 'vitest';
import type { HttpBinding, MethodSchema } from '../../mesh/schema/api.ts';
import { loadApiFile } from '../../mesh/schema/load-api.ts';
import { published } from '../../services/chat/testing/published.ts';
import { type Talk, talk } from '../../services/chat/testing/talk.ts';
import { type ChatEdge, openChatEdge } from '../support/chat-edge.ts';
import { type Asked, asked } from './asked.ts';

type Kind = 'user' | 'domain_server';

const api = loadApiFile();
const documents = published(api);

const bindings = [...api.methods.values()].flatMap((method) => method.http.map((http) => ({ method, http })));
const keyOf = ({ verb, path }: HttpBinding) => `${verb} ${path}`;

/** Each binding once for each kind of caller that it is for. */
const cases = bindings.flatMap(({ method, http }) =>
  (['user', 'domain_server'] as const)
    .filter((kind) => method.callers.includes(kind))
    .map((kind) => [keyOf(http), kind, method, http] as const),
);

let edge: ChatEdge | undefined;
afterAll(() => edge?.close());

async function ask(opened: Talk, kind: Kind, { verb, path, body }: HttpBinding, sent: Asked): Promise<Response> {
  edge ??= await openChatEdge(opened.chat);
  const { asha, accountKey } = opened;
  const token = await edge.tokenOf(
    kind === 'user'
      ? { userKey: asha.key, accountKey, displayName: asha.name }
      : { kind, key: 'fish', accountKeys: [accountKey] },
  );
  const filled = path.replaceAll(/\{(\w+)\}/g, (_whole, name: string) => encodeURIComponent(sent.path?.[name] ?? ''));
  const query = body === '' && sent.data ? `?${new URLSearchParams(sent.data as Record<string, string>)}` : '';
  return fetch(edge.url + filled + query, {
    method: verb,
    headers: { authorization: `Bearer ${token}` },
    ...(body !== '' && sent.data && { body: JSON.stringify(sent.data) }),
  });
}

describe('every REST binding', () => {
  it('has a request here that it answers, and there is no other', () => {
    expect(Object.keys(asked).sort()).toEqual(bindings.map(({ http }) => keyOf(http)).sort());
  });

  it.each(cases)('%s answers a %s as the document says', async (key, kind, _method: MethodSchema, http) => {
    const opened = await talk();
    const sent = await asked[key]!(opened, kind);
    expect(documents.request(http, http.body === '' ? undefined : sent.data)).toEqual([]);
    const response = await ask(opened, kind, http, sent);
    const answer: unknown = await response.json();
    expect([response.status, answer]).toEqual([200, expect.anything()]);
    expect(documents.answer(http, answer)).toEqual([]);
  });
});

describe('a domain server over REST', () => {
  const users = bindings.find(({ http }) => http.path === '/api/chat/users')!.http;

  it('may do in its own accounts what it may over gRPC, and nothing in others', async () => {
    const opened = await talk();
    const person = { user_key: '811111111111', display_name: 'Kiran' };
    const refused = await ask(opened, 'domain_server', users, {
      data: { account_key: '999999999999', users: [person] },
    });
    expect(await refused.json()).toMatchObject({ status: 403, reason: 'ACCOUNT_NOT_ALLOWED' });
  });

  it('may not make the calls of users, nor users its own', async () => {
    const opened = await talk();
    const list = bindings.find(({ method }) => method.event === 'conversation.list')!.http;
    const answers = [await ask(opened, 'domain_server', list, {}), await ask(opened, 'user', users, { data: {} })];
    for (const answer of answers) {
      expect(await answer.json()).toMatchObject({ status: 403, reason: 'CALLER_NOT_ALLOWED' });
    }
  });

  it('leaves no way for the tokens of processes of the mesh', async () => {
    const opened = await talk();
    edge ??= await openChatEdge(opened.chat);
    for (const kind of ['edge', 'system'] as const) {
      const authorization = `Bearer ${await edge.tokenOf({ kind, key: kind })}`;
      const answer = await fetch(`${edge.url}/api/chat/users`, { method: 'POST', headers: { authorization } });
      expect(await answer.json()).toMatchObject({ status: 403, reason: 'CALLER_NOT_ALLOWED' });
    }
  });
});
