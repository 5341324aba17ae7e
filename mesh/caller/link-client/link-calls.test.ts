import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { CircuitError } from '../../errors/circuit-error.ts';
import {
  decodeNote,
  type EchoHandler,
  echoApi,
  echoMethods,
  echoService,
  encodeNote,
  note,
} from '../../host/testdata/echo.ts';
import { asha, openTestHost, openTestLinks, openTrust, ravi, type TestHost } from '../../host/testing.ts';
import type { Api, MethodSchema } from '../../schema/api.ts';
import type { LinkCall } from '../links.ts';
import type { MeshLinks } from './open-links.ts';

let api: Api;
const opened: { close(): Promise<unknown> }[] = [];

beforeAll(async () => {
  ({ api } = await echoApi());
});

afterEach(async () => {
  for (const each of opened.splice(0).reverse()) await each.close();
});

type Handlers = Parameters<typeof echoService>[0];

async function start(handlers: Handlers = {}, clock = Date.now): Promise<{ mesh: TestHost; links: MeshLinks }> {
  const mesh = await openTestHost({ services: [echoService(handlers)], api, trust: openTrust(clock), clock });
  opened.push(mesh);
  const links = await openTestLinks(mesh, api, [mesh.host.address]);
  opened.push(links);
  return { mesh, links };
}

function method(name: keyof typeof echoMethods): MethodSchema {
  return api.methods.get(echoMethods[name])!;
}

function say(links: MeshLinks, text: string, more: Partial<LinkCall> = {}): Promise<string> {
  return new Promise((resolve, reject) => {
    const request = encodeNote(note('7', text));
    const done = (error: CircuitError | undefined, response: Uint8Array | undefined) =>
      error === undefined ? resolve(decodeNote(response!).text) : reject(error);
    links.call({ method: method('say'), request, done, ...more });
  });
}

/** A handler that waits until it is let go, and tells when it has started. */
function gate(): { handler: EchoHandler; open: () => void; entered: Promise<AbortSignal> } {
  let open = () => {};
  let enter: (signal: AbortSignal) => void = () => {};
  const opens = new Promise<void>((resolve) => {
    open = resolve;
  });
  const entered = new Promise<AbortSignal>((resolve) => {
    enter = resolve;
  });
  const handler: EchoHandler = async (request, { signal }) => {
    enter(signal);
    await opens;
    return request;
  };
  return { handler, open, entered };
}

describe('a call over Link', () => {
  it('is answered, in the edge’s own name or in that of a user', async () => {
    const { mesh, links } = await start({ say: async (request, { caller }) => ({ ...request, text: caller.key }) });
    expect(await say(links, '')).toBe('edge');
    const session = links.openSession('s1', await mesh.issuer.issueUser(asha));
    expect(await say(links, '', { session })).toBe(asha.userKey);
  });

  it('reaches its handler in the order of the calls, also while a token is being verified', async () => {
    const taken: string[] = [];
    const { mesh, links } = await start({
      say: (request) => {
        taken.push(request.text);
        return Promise.resolve(request);
      },
    });
    const session = links.openSession('s1', await mesh.issuer.issueUser(asha));
    const texts = Array.from({ length: 500 }, (_, index) => String(index));
    await Promise.all(texts.map((text) => say(links, text, { session })));
    expect(taken).toEqual(texts);
  });

  it('is refused with its reason: of the rule, of the fields, and of the handler', async () => {
    const { mesh, links } = await start();
    const session = links.openSession('s1', await mesh.issuer.issueUser(asha));
    await expect(say(links, '', { method: method('rule') })).rejects.toMatchObject({ reason: 'CALLER_NOT_ALLOWED' });
    await expect(say(links, '', { method: method('rule'), session })).rejects.toMatchObject({
      reason: 'ROLE_REQUIRED',
    });
    const broken = say(links, '', { request: Buffer.from([10, 200, 1]) });
    await expect(broken).rejects.toMatchObject({ reason: 'INVALID_REQUEST' });
    await expect(broken.catch((error) => error.details.violations)).resolves.toHaveLength(1);
  });

  it('that is given up is CANCELLED, and its handler sees it', async () => {
    const { handler, entered, open } = gate();
    const { links } = await start({ say: handler });
    let error: CircuitError | undefined;
    const giveUp = links.call({
      method: method('say'),
      request: encodeNote(note('7')),
      done: (refusal) => {
        error = refusal;
      },
    });
    const signal = await entered;
    giveUp();
    expect(error).toMatchObject({ reason: 'CANCELLED' });
    if (!signal.aborted) await new Promise((resolve) => signal.addEventListener('abort', resolve));
    expect(signal.reason).toMatchObject({ reason: 'CANCELLED' });
    open();
  });

  it('is DEADLINE_EXCEEDED when its time is over, and its handler sees it', async () => {
    const { handler, entered, open } = gate();
    const { links } = await start({ say: handler });
    const call = say(links, '', { timeoutMs: 60 });
    const signal = await entered;
    await expect(call).rejects.toMatchObject({ reason: 'DEADLINE_EXCEEDED' });
    if (!signal.aborted) await new Promise((resolve) => signal.addEventListener('abort', resolve));
    open();
  });

  it('is not delayed by a large page: an acknowledgement overtakes those that wait', async () => {
    const { links } = await start({
      look: async (request) => ({ ...request, body: Buffer.alloc(200 * 1_024) }),
    });
    const order: string[] = [];
    const pages = Array.from({ length: 20 }, () =>
      links
        .request({ method: method('look'), request: encodeNote(note('7')), signal: AbortSignal.timeout(5_000) })
        .then(() => order.push('page')),
    );
    const acknowledged = say(links, '').then(() => order.push('ack'));
    await Promise.all([...pages, acknowledged]);
    // Two batches may be on their way already, with one page each.
    expect(order.indexOf('ack')).toBeLessThanOrEqual(2);
  });

  it('is TOO_MANY_IN_FLIGHT, with a time to wait, when the Link has all it may have', async () => {
    const { handler, open } = gate();
    const { links } = await start({ say: handler });
    const calls = Array.from({ length: 20_001 }, () => say(links, '').catch((error: CircuitError) => error));
    const last = await calls[20_000];
    expect(links.load).toBe(1);
    expect(last).toMatchObject({ reason: 'TOO_MANY_IN_FLIGHT', details: { retryAfterMs: 100 } });
    open();
    expect((await Promise.all(calls)).filter((answer) => typeof answer === 'string')).toHaveLength(20_000);
    expect(links.load).toBe(0);
  });

  it('without a Link to its service is UNAVAILABLE', async () => {
    const { mesh, links } = await start();
    await mesh.close();
    await expect(say(links, '')).rejects.toMatchObject({ reason: 'UNAVAILABLE' });
  });
});

describe('a session on a Link', () => {
  it('is refused when its token is not valid, and its end is told', async () => {
    const { links } = await start();
    const ended = new Promise((resolve) => links.onSessionEnd((id, reason) => resolve([id, reason])));
    const session = links.openSession('s9', 'forged');
    await expect(say(links, '', { session })).rejects.toMatchObject({ reason: 'TOKEN_INVALID' });
    expect(await ended).toEqual(['s9', 'TOKEN_INVALID']);
  });

  it('ends when its token expires, and lives on when it was renewed in time', async () => {
    let now = Date.now();
    const { mesh, links } = await start({}, () => now);
    const ended = new Promise((resolve) => links.onSessionEnd((id, reason) => resolve([id, reason])));
    const brief = links.openSession('brief', await mesh.issuer.issueUser({ ...asha, ttlSeconds: 60 }));
    const renewed = links.openSession('renewed', await mesh.issuer.issueUser({ ...asha, ttlSeconds: 60 }));
    await say(links, '', { session: brief });
    await say(links, '', { session: renewed });
    renewed.renew(await mesh.issuer.issueUser({ ...asha, ttlSeconds: 600 }));
    await say(links, '', { session: renewed });
    now += 61_000;
    expect(await ended).toEqual(['brief', 'TOKEN_EXPIRED']);
    expect(await say(links, 'here', { session: renewed })).toBe('here');
    await expect(say(links, '', { session: brief })).rejects.toMatchObject({ reason: 'TOKEN_EXPIRED' });
  });

  it('cannot be taken over by renewing it with the token of somebody else', async () => {
    const { mesh, links } = await start();
    const session = links.openSession('s1', await mesh.issuer.issueUser(asha));
    await say(links, '', { session });
    session.renew(await mesh.issuer.issueUser(ravi));
    await expect(say(links, '', { session })).rejects.toMatchObject({ reason: 'TOKEN_INVALID' });
  });

  it('ends when it is revoked', async () => {
    const { mesh, links } = await start();
    const ended = new Promise((resolve) => links.onSessionEnd((id, reason) => resolve([id, reason])));
    const session = links.openSession('s1', await mesh.issuer.issueUser({ ...asha, sessionId: 'phone' }));
    await say(links, '', { session });
    mesh.host.revoke('phone');
    expect(await ended).toEqual(['s1', 'TOKEN_INVALID']);
  });
});
