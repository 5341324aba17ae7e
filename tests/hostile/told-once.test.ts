import { afterAll, describe, expect, it } from 'vitest';
import type { App } from '../../edge/testing/app.ts';
import type { Reason } from '../../mesh/errors/reasons.ts';
import { openLog } from '../../mesh/telemetry/log.ts';
import { groupOf, type Talk, talk } from '../../services/chat/testing/talk.ts';
import { type ChatEdge, openChatEdge } from '../support/chat-edge.ts';

type Line = Readonly<Record<string, unknown>>;

type Wrong = {
  readonly reason: Reason;
  /** As the log shall have it; empty where the frame could not be read. */
  readonly event: string;
  readonly data?: (opened: Talk) => unknown;
  /** Instead of `data`: the frame as it is sent. */
  readonly frame?: string;
};

const pondsText = (text: string) => (opened: Talk) => ({
  conversation_id: opened.pond,
  client_message_id: 'one',
  content: { type: 'text', text },
});

const nested = (depth: number): string => `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`;

/** The id of a group of another account. */
async function foreignPond({ stranger }: Talk): Promise<string> {
  const one = await stranger();
  return groupOf(one, 'Elsewhere', []);
}

const wrongs: Readonly<Record<string, Wrong>> = {
  'a frame that is no JSON': { reason: 'MALFORMED_FRAME', event: '', frame: '{' },
  'an id that is no number': { reason: 'MALFORMED_FRAME', event: '', frame: '{"id":"x","event":"ping"}' },
  'an event that nobody knows': { reason: 'UNKNOWN_EVENT', event: 'pond.drain' },
  'an event that only the server sends': { reason: 'UNKNOWN_EVENT', event: 'message.new' },
  'a wrong type': { reason: 'INVALID_REQUEST', event: 'conversation.get', data: () => ({ conversation_id: 7 }) },
  'data that is no object': { reason: 'INVALID_REQUEST', event: 'conversation.get', data: () => [1] },
  'a missing field': { reason: 'INVALID_REQUEST', event: 'message.send', data: () => ({}) },
  'a text that is too long': { reason: 'INVALID_REQUEST', event: 'message.send', data: pondsText('x'.repeat(4_097)) },
  'an id that does not exist': {
    reason: 'CONVERSATION_NOT_FOUND',
    event: 'conversation.get',
    data: () => ({ conversation_id: '999999999999' }),
  },
  'an id of another account': {
    reason: 'CONVERSATION_NOT_FOUND',
    event: 'conversation.get',
    data: async (opened) => ({ conversation_id: await foreignPond(opened) }),
  },
  'deeply nested JSON': {
    reason: 'INVALID_REQUEST',
    event: 'message.send',
    frame: `{"id":1,"event":"message.send","data":${nested(5_000)}}`,
  },
  'a key __proto__': {
    reason: 'INVALID_REQUEST',
    event: 'conversation.get',
    frame: '{"id":1,"event":"conversation.get","data":{"__proto__":{"conversation_id":"1"}}}',
  },
};

const lines: Line[] = [];
let opened: Talk;
let edge: ChatEdge;
let calm: App;

const log = () => openLog({ destination: { write: (line) => lines.push(JSON.parse(line)) } });
const userOf = ({ asha, accountKey }: Talk) => ({ userKey: asha.key, accountKey, displayName: asha.name });
const refusals = (): readonly Line[] => lines.filter(({ msg }) => msg === 'a request was refused');

async function start(): Promise<App> {
  opened = await talk();
  edge ??= await openChatEdge(opened.chat, { log: log() });
  calm = await edge.app({ userKey: opened.ravi.key, accountKey: opened.accountKey, displayName: 'Ravi' });
  lines.length = 0;
  return edge.app(userOf(opened));
}

afterAll(async () => edge?.close());

describe('what an app does wrong', () => {
  it.each(Object.keys(wrongs))('%s: is answered each time, told the log once, and disturbs nobody', async (name) => {
    const { reason, event, data, frame } = wrongs[name]!;
    const app = await start();
    const filled = await data?.(opened);
    for (let n = 1; n <= 5; n++) {
      app.send(frame ?? { id: n, event, data: filled });
      const { ok, error } = await app.next(({ id }) => id !== undefined);
      expect([ok, (error as { reason: string }).reason]).toEqual([false, reason]);
    }
    expect(refusals()).toEqual([expect.objectContaining({ level: 'info', reason, event, userKey: opened.asha.key })]);
    expect(refusals()[0]?.session).toMatch(/^[\w-]{12,}$/);
    expect(await calm.call('conversation.get', { conversation_id: opened.pond })).toMatchObject({ ok: true });
    await Promise.all([app.close(), calm.close()]);
  });

  it('a burst of 10 000 requests: is answered, and told once for each reason', async () => {
    await start();
    const strict = await openChatEdge(opened.chat, { log: log(), limits: {} });
    const app = await strict.app(userOf(opened));
    lines.length = 0;
    for (let id = 1; id <= 10_000; id++)
      app.send({ id, event: 'conversation.get', data: { conversation_id: opened.pond } });
    const reasons = new Set<unknown>();
    for (let n = 0; n < 10_000; n++) {
      const { error } = await app.next(({ id }) => id !== undefined);
      if (error !== undefined) reasons.add((error as { reason: string }).reason);
    }
    expect(reasons.size).toBeGreaterThan(0);
    expect(
      refusals()
        .map(({ reason }) => reason)
        .sort(),
    ).toEqual([...reasons].sort());
    await strict.close();
    await calm.close();
  });

  it('a second login with the same session: is no wrong; both sockets live, and each gets everything', async () => {
    const first = await start();
    const second = await edge.app({ ...userOf(opened), sessionId: 'phone' });
    const third = await edge.app({ ...userOf(opened), sessionId: 'phone' });
    await opened.ravi.send(opened.pond, 'DO is 2.1');
    for (const app of [first, second, third]) {
      expect(await app.event('message.new')).toMatchObject({ data: { message: { content: { text: 'DO is 2.1' } } } });
      expect(await app.call('ping')).toMatchObject({ ok: true });
    }
    await second.close();
    expect(await third.call('ping')).toMatchObject({ ok: true });
    expect(refusals()).toEqual([]);
    await Promise.all([first.close(), third.close(), calm.close()]);
  });

  it('a wrong over REST: is told once for each request, with the call and who made it', async () => {
    await start();
    const authorization = `Bearer ${await edge.tokenOf(userOf(opened))}`;
    const get = (path: string, headers: Record<string, string> = {}) => fetch(edge.url + path, { headers });
    await get('/api/chat/conversations/999999999999', { authorization });
    await get('/api/chat/conversations/999999999999', { authorization: 'Bearer a.b.c' });
    await get('/api/none', { authorization });
    const method = 'circuit.chat.v1.ChatService/GetConversation';
    expect(refusals()).toEqual([
      expect.objectContaining({ method, reason: 'CONVERSATION_NOT_FOUND', caller: opened.asha.key }),
      expect.objectContaining({ method, reason: 'TOKEN_INVALID' }),
      expect.objectContaining({ method: 'other', reason: 'NOT_FOUND' }),
    ]);
    await calm.close();
  });
});
