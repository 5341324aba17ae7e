import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { App, type Json } from '../../edge/testing/app.ts';
import { dataOf, positionsOf, Sockets } from './sockets.ts';
import { openTarget, type Target } from './target.ts';

type Limits = { readonly [name in 'frame_bytes' | 'requests_in_flight' | 'cost_per_second' | 'cost_burst']: number };

/** Docs/protocol.md: from the 33rd socket of a user on. */
const socketsPerUser = 32;
/** A deployment whose limits are wider than this is not worn out. */
const wide = 5_000;
/** Frames that cannot be read, after which a socket is ended. */
const malformedMax = 10;

let target: Target;
let sockets: Sockets;
beforeAll(async () => {
  target = await openTarget();
  sockets = new Sockets(target);
});
afterAll(async () => {
  sockets?.close();
  await target?.close();
});

async function limitsOf(app: App): Promise<Limits> {
  return (dataOf(await app.event('hello')) as { limits: Limits }).limits;
}

async function group(app: App): Promise<string> {
  const asked = {
    request_id: randomUUID(),
    type: 'group',
    info: { name: 'Limits' },
    participant_keys: [target.users.ravi],
  };
  const { conversation } = dataOf(await app.call('conversation.create', asked)) as {
    conversation: { conversation_id: string };
  };
  return conversation.conversation_id;
}

function send(app: App, conversation_id: string, text: string): Promise<Json> {
  return app.call('message.send', {
    conversation_id,
    client_message_id: randomUUID(),
    content: { type: 'text', text },
  });
}

describe('a socket is ended', () => {
  it('with 4501 when a frame is larger than hello said', async () => {
    const app = await sockets.connect(target.tokenA);
    const { frame_bytes } = await limitsOf(app);
    app.send({ id: 1, event: 'ping', data: { text: 'x'.repeat(frame_bytes) } });
    expect(await app.closed).toEqual({ code: 4501, reason: 'FRAME_TOO_LARGE' });
  });

  it('with 4502 when frame after frame cannot be read', async () => {
    const app = await sockets.connect(target.tokenA);
    for (let frame = 0; frame <= malformedMax; frame++) app.send('{');
    expect(await app.closed).toEqual({ code: 4502, reason: 'MALFORMED_FRAMES' });
  });

  it("with 4503 when it presents another user's token", async () => {
    const app = await sockets.connect(target.tokenA);
    app.send({ id: 1, event: 'auth.refresh', data: { token: target.tokenB } });
    expect(await app.closed).toEqual({ code: 4503, reason: 'ANOTHER_USER' });
  });

  it("with 4505 when it is a domain server's", async ({ skip }) => {
    if (target.serverToken === undefined) return skip('no token of a domain server');
    const app = new App(sockets.dial(target.serverToken));
    expect(await app.closed).toEqual({ code: 4505, reason: 'NOT_ALLOWED' });
  });

  it('with 4004 when its user has as many as one may', async () => {
    const many: App[] = [];
    let end: { readonly code: number; readonly reason: string } | undefined;
    while (end === undefined && many.length <= socketsPerUser) {
      const app = new App(sockets.dial(target.tokenB));
      const first = await Promise.race([app.event('hello').then(() => undefined), app.closed]);
      if (first === undefined) many.push(app);
      else end = first;
    }
    await Promise.all(many.map((app) => app.close()));
    expect(end).toEqual({ code: 4004, reason: expect.stringMatching(/^TOO_MANY_SOCKETS\b/) });
  });
});

describe('requests are refused, one by one,', () => {
  it('with RATE_LIMITED and a time once the socket has spent what hello said', async ({ skip }) => {
    const app = await sockets.connect(target.tokenA);
    const { cost_burst, cost_per_second, requests_in_flight } = await limitsOf(app);
    if (cost_burst + cost_per_second > wide) return skip('the limits of this deployment are too wide to reach');
    const replies: Json[] = [];
    while (replies.length <= cost_burst + cost_per_second && replies.every(({ ok }) => ok)) {
      const round = Array.from({ length: Math.min(50, requests_in_flight) }, () => app.call('ping'));
      replies.push(...(await Promise.all(round)));
    }
    expect(replies.filter(({ ok }) => ok).length).toBeGreaterThanOrEqual(cost_burst);
    const error = { code: 'RESOURCE_EXHAUSTED', reason: 'RATE_LIMITED', retry_after_ms: expect.any(Number) };
    expect(replies.find(({ ok }) => !ok)).toMatchObject({ error });
    await expect.poll(() => app.call('ping')).toMatchObject({ ok: true });
  });

  it('with TOO_MANY_IN_FLIGHT when more are unanswered than hello said', async () => {
    const app = await sockets.connect(target.tokenA);
    const { requests_in_flight } = await limitsOf(app);
    const asked = Array.from({ length: 3 * requests_in_flight }, () => app.call('conversation.list', { page_size: 1 }));
    const replies = await Promise.all(asked);
    const reasons = new Set(replies.flatMap(({ error }) => (error === undefined ? [] : [(error as Json).reason])));
    expect([...reasons]).toEqual(['TOO_MANY_IN_FLIGHT']);
    expect(replies.filter(({ ok }) => ok).length).toBeGreaterThanOrEqual(requests_in_flight);
  });
});

describe('a topic', () => {
  it('that was left says nothing, and is taken up again from the position that is told', async () => {
    const asha = await sockets.connect(target.tokenA);
    const conversation = await group(asha);
    const ravi = await sockets.connect(target.tokenB);
    const topic = `c:${conversation}`;
    const before = (await positionsOf(ravi))[topic]!;
    dataOf(await ravi.call('topic.leave', { topic }));
    await send(asha, conversation, 'not heard');
    const { seq } = dataOf(await ravi.call('topic.join', { topic })) as { seq: number };
    expect(seq).toBe(before + 1);
    expect(await ravi.event('joined')).toMatchObject({ data: { topics: { [topic]: seq } } });
    await send(asha, conversation, 'heard');
    expect(await ravi.event('message.new')).toMatchObject({ topic, seq: seq + 1 });
  });
});

describe('a resume of more than one page', () => {
  it('names what remains, and brings each event once and in order', async () => {
    const asha = await sockets.connect(target.tokenA);
    const groups = [await group(asha), await group(asha), await group(asha)];
    const away = await sockets.connect(target.tokenB);
    const told = await positionsOf(away);
    await away.close();
    const each = 20;
    // Three times 80 kB, where a page has 128 KiB.
    for (const conversation of groups) {
      await Promise.all(Array.from({ length: each }, (_, n) => send(asha, conversation, `${n} ${'x'.repeat(4_000)}`)));
    }
    const back = await sockets.connect(target.tokenB);
    const positions = new Map(groups.map((conversation) => [`c:${conversation}`, told[`c:${conversation}`]!]));
    let remaining = [...positions.keys()];
    let pages = 0;
    while (remaining.length > 0 && pages < groups.length) {
      const asked = Object.fromEntries(remaining.map((topic) => [topic, positions.get(topic)!]));
      const page = dataOf(await back.call('session.resume', { positions: asked }));
      expect(Object.values(page.topics as Json)).not.toContain('stale');
      remaining = (page.remaining ?? []) as string[];
      pages++;
    }
    expect(remaining).toEqual([]);
    expect(pages).toBeGreaterThan(1);
    for (const [topic, position] of positions) {
      const numbers = back.frames.filter((frame) => frame.topic === topic).map(({ seq }) => seq);
      expect(numbers).toEqual(Array.from({ length: each }, (_, n) => position + 1 + n));
    }
  });
});

describe('over REST', () => {
  it('a repeat with the same Idempotency-Key is the same call', async () => {
    const conversation = await group(await sockets.connect(target.tokenA));
    const key = randomUUID();
    const post = async () => {
      const response = await fetch(`${target.url}/api/chat/conversations/${conversation}/messages`, {
        method: 'POST',
        headers: { authorization: `Bearer ${target.tokenA}`, 'idempotency-key': key },
        body: JSON.stringify({ content: { type: 'text', text: 'once' } }),
      });
      return ((await response.json()) as { message: { message_id: string; seq: number } }).message;
    };
    const [first, again] = [await post(), await post()];
    expect([again.message_id, again.seq]).toEqual([first.message_id, first.seq]);
  });
});
