// The black-box suite of docs/protocol.md: what any deployment must do, seen from outside, through `ws` and `fetch`.

import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { WebSocket } from 'ws';
import { App, type Json } from '../../edge/testing/app.ts';
import { ClientFrame, PingResponse, ServerFrame } from '../../gen/circuit/socket/v1/socket_service.ts';
import { PythonSocket, websocketsPython } from './python-socket.ts';
import { dataOf, positionsOf, Sockets } from './sockets.ts';
import { openTarget, type Target } from './target.ts';

let target: Target;
let conversation: string;
let sockets: Sockets;

beforeAll(async () => {
  target = await openTarget();
  sockets = new Sockets(target);
  const [asha] = [await sockets.connect(target.tokenA), await sockets.connect(target.tokenB)];
  const participants = [target.users.ravi];
  const reply = await asha.call('conversation.create', {
    request_id: randomUUID(),
    type: 'direct',
    participant_keys: participants,
  });
  conversation = (dataOf(reply).conversation as { conversation_id: string }).conversation_id;
});

afterAll(async () => {
  sockets?.close();
  await target?.close();
});

async function refusal(socket: WebSocket): Promise<number> {
  const [, response] = (await once(socket, 'unexpected-response')) as [unknown, { statusCode: number }];
  return response.statusCode;
}

function send(app: App, text: string, more: object = {}): Promise<Json> {
  const content = { type: 'text', text };
  return app.call('message.send', {
    conversation_id: conversation,
    client_message_id: randomUUID(),
    content,
    ...more,
  });
}

/** The next `count` messages of the conversation: their texts and numbers. */
async function read(app: App, count: number): Promise<{ text: string; seq: number }[]> {
  const messages: { text: string; seq: number }[] = [];
  while (messages.length < count) {
    const frame = await app.next((each) => each.event === 'message.new' && each.topic === `c:${conversation}`);
    const { message } = frame.data as { message: { content: { text: string } } };
    messages.push({ text: message.content.text, seq: frame.seq as number });
  }
  return messages;
}

async function fetchJson(verb: string, path: string, token: string, body?: unknown): Promise<[Response, Json]> {
  const response = await fetch(`${target.url}${path}`, {
    method: verb,
    headers: token === '' ? {} : { authorization: `Bearer ${token}` },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return [response, (await response.json()) as Json];
}

describe('opening', () => {
  it('needs a subprotocol and somebody who is signed in', async () => {
    expect(await refusal(sockets.dial(target.tokenA, []))).toBe(400);
    expect(await refusal(sockets.dial(target.tokenA, 'nobody.v9'))).toBe(400);
    expect(await refusal(sockets.dial(''))).toBe(401);
    expect(await refusal(sockets.dial('', 'circuit.v1.json', '/ws?ticket=none'))).toBe(401);
  });

  it('with a forged token is ended with 4500 and without a frame', async () => {
    const app = new App(sockets.dial(`${target.tokenA.slice(0, -8)}AAAAAAAA`));
    expect((await app.closed).code).toBe(4500);
    expect(app.frames).toEqual([]);
  });

  it('says hello with heartbeat and limits, then ready with the positions of its topics', async () => {
    const app = new App(sockets.dial(target.tokenA));
    const hello = dataOf(await app.next(() => true));
    expect(hello).toMatchObject({ session_id: expect.any(String), heartbeat_ms: expect.any(Number) });
    expect(hello.limits).toMatchObject({ frame_bytes: expect.any(Number), requests_in_flight: expect.any(Number) });
    const topics = await positionsOf(app);
    const user = target.users.asha;
    expect(Object.keys(topics)).toEqual(expect.arrayContaining([`u:${user}`, `d:${user}`, `c:${conversation}`]));
  });

  it('works with a ticket, once', async () => {
    const [answer, { ticket }] = await fetchJson('POST', '/api/auth/ticket', target.tokenA);
    expect(answer.status).toBe(200);
    const app = new App(sockets.dial('', 'circuit.v1.json', `/ws?ticket=${ticket}`));
    expect(await app.next(() => true)).toMatchObject({ event: 'hello' });
    expect(await refusal(sockets.dial('', 'circuit.v1.json', `/ws?ticket=${ticket}`))).toBe(401);
  });
});

describe('requests', () => {
  it('are answered by id, with data or a reason', async () => {
    const app = await sockets.connect(target.tokenA);
    expect(dataOf(await app.call('ping'))).toMatchObject({ time: expect.any(String) });
    expect(await app.call('no.such.event')).toMatchObject({ ok: false, error: { reason: 'UNKNOWN_EVENT' } });
    expect(await app.call('message.send', { nope: 1 })).toMatchObject({ error: { reason: 'INVALID_REQUEST' } });
    app.send('not JSON');
    expect(await app.next((frame) => frame.id === null)).toMatchObject({ error: { reason: 'MALFORMED_FRAME' } });
    const missing = await app.call('conversation.get', { conversation_id: '999999999999' });
    expect(missing).toMatchObject({ ok: false, error: { reason: 'CONVERSATION_NOT_FOUND' } });
  });

  it('with a request id that was used do nothing twice', async () => {
    const app = await sockets.connect(target.tokenA);
    const client_message_id = randomUUID();
    const first = await send(app, 'once', { client_message_id });
    const again = await send(app, 'once', { client_message_id });
    const idOf = (reply: Json): unknown => (dataOf(reply).message as Json).message_id;
    expect(idOf(again)).toBe(idOf(first));
  });

  it('of one socket to one conversation take effect in the order sent', async () => {
    const [asha, ravi] = [await sockets.connect(target.tokenA), await sockets.connect(target.tokenB)];
    const texts = Array.from({ length: 20 }, (_, n) => `in order ${n}`);
    await Promise.all(texts.map((text) => send(asha, text)));
    const seen = await read(ravi, 20);
    expect(seen.map(({ text }) => text)).toEqual(texts);
    const [first] = seen;
    expect(seen.map(({ seq }) => seq)).toEqual(texts.map((_, n) => first!.seq + n));
  });
});

describe('events', () => {
  it('reach every device of every member, the sender too, under the same number', async () => {
    const apps = [
      await sockets.connect(target.tokenA),
      await sockets.connect(target.tokenA),
      await sockets.connect(target.tokenB),
    ];
    const text = randomUUID();
    await send(apps[0]!, text);
    const seen = await Promise.all(apps.map(async (app) => (await read(app, 1))[0]));
    expect(new Set(seen.map((message) => message?.seq)).size).toBe(1);
    expect(seen.map((message) => message?.text)).toEqual([text, text, text]);
  });

  it('without a number, such as typing, come as well', async () => {
    const [asha, ravi] = [await sockets.connect(target.tokenA), await sockets.connect(target.tokenB)];
    await asha.call('typing.start', { conversation_id: conversation });
    const typing = await ravi.event('typing.indicator');
    expect(typing).toMatchObject({ topic: `c:${conversation}` });
    expect(typing).not.toHaveProperty('seq');
  });
});

describe('resume', () => {
  it('sends what was missed, up to exactly the position of ready, before it answers', async () => {
    const asha = await sockets.connect(target.tokenA);
    const away = await sockets.connect(target.tokenB);
    const topic = `c:${conversation}`;
    const seenUpTo = (await positionsOf(away))[topic]!;
    await away.close();
    for (const text of ['missed 1', 'missed 2', 'missed 3']) await send(asha, text);
    const back = await sockets.connect(target.tokenB);
    const told = (await positionsOf(back))[topic]!;
    expect(told).toBe(seenUpTo + 3);
    const answered = back.call('session.resume', { positions: { [topic]: seenUpTo } });
    expect((await read(back, 3)).map(({ text }) => text)).toEqual(['missed 1', 'missed 2', 'missed 3']);
    expect(dataOf(await answered)).toMatchObject({ topics: { [topic]: 'replayed' } });
    await send(asha, 'live again');
    expect(await read(back, 1)).toEqual([{ text: 'live again', seq: told + 1 }]);
  });

  it('of a topic that the user does not follow is stale', async () => {
    const app = await sockets.connect(target.tokenA);
    const reply = await app.call('session.resume', { positions: { 'c:999999999999': 1 } });
    expect(dataOf(reply)).toMatchObject({ topics: { 'c:999999999999': 'stale' } });
  });
});

describe("a client of another language (Debian's python3-websockets)", () => {
  it.skipIf(websocketsPython === undefined)('talks to one of ours', async () => {
    const ravi = await sockets.connect(target.tokenB);
    const asha = new PythonSocket(target.url, target.tokenA);
    try {
      expect(await asha.next(() => true)).toMatchObject({ event: 'hello' });
      expect(await asha.next(() => true)).toMatchObject({ event: 'ready' });
      const text = `from Python ${randomUUID()}`;
      const sent = { conversation_id: conversation, client_message_id: randomUUID(), content: { type: 'text', text } };
      expect(await asha.call('message.send', sent)).toMatchObject({ ok: true });
      const heard = await asha.next(({ event, topic }) => event === 'message.new' && topic === `c:${conversation}`);
      expect(await read(ravi, 1)).toMatchObject([{ text, seq: heard.seq }]);
    } finally {
      await asha.close();
    }
  });
});

describe('the binary subprotocol', () => {
  it('says the same in protobuf', async () => {
    const socket = sockets.dial(target.tokenA, 'circuit.v1.proto');
    const frames: ServerFrame[] = [];
    let look = (): void => {};
    socket.on('message', (bytes: Buffer) => {
      frames.push(ServerFrame.decode(bytes));
      look();
    });
    const frame = (matches: (kind: ServerFrame['kind']) => boolean): Promise<ServerFrame> =>
      new Promise((resolve) => {
        look = () => {
          const found = frames.find(({ kind }) => matches(kind));
          if (found !== undefined) resolve(found);
        };
        look();
      });
    await frame((kind) => kind?.$case === 'event' && kind.value.event === 'ready');
    socket.send(ClientFrame.encode({ id: 7, event: 'ping', data: Buffer.alloc(0) }).finish());
    const { kind } = await frame((each) => each?.$case === 'reply' && each.value.id === 7);
    const data = kind?.$case === 'reply' ? kind.value.data : undefined;
    expect(PingResponse.decode(data!).time).toBeInstanceOf(Date);
  });
});

describe('REST', () => {
  it('gives the same answers by verb and path, and the same reasons as problems', async () => {
    const path = `/api/chat/conversations/${conversation}/messages`;
    const [sent, { message }] = await fetchJson('POST', path, target.tokenA, {
      client_message_id: randomUUID(),
      content: { type: 'text', text: 'by REST' },
    });
    expect(sent.status).toBe(200);
    const [, page] = await fetchJson('GET', `${path}?page_size=5`, target.tokenB);
    expect((page.messages as Json[]).map((each) => each.message_id)).toContain((message as Json).message_id);
    const [unsigned, refused] = await fetchJson('GET', path, '');
    expect([unsigned.status, refused.reason]).toEqual([401, 'NOT_SIGNED_IN']);
    expect(unsigned.headers.get('content-type')).toContain('application/problem+json');
    const [nowhere] = await fetchJson('GET', '/api/chat/nowhere', target.tokenA);
    expect(nowhere.status).toBe(404);
  });

  it('describes itself, and tells its health', async () => {
    const [, openApi] = await fetchJson('GET', '/docs/openapi.json', '');
    expect(openApi.openapi).toMatch(/^3\.1/);
    const [, asyncApi] = await fetchJson('GET', '/docs/asyncapi.json', '');
    expect(asyncApi.asyncapi).toMatch(/^3\./);
    for (const path of ['/healthz', '/readyz']) expect((await fetchJson('GET', path, ''))[0].status).toBe(200);
  });
});
