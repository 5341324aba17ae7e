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
import { startEchoProcess } from '../../host/testdata/start-echo-process.ts';
import { openTestHost, openTestLinks, openTrust, type TestHost, type Trust, untilHealthy } from '../../host/testing.ts';
import type { Api, MethodSchema } from '../../schema/api.ts';
import { openMetrics } from '../../telemetry/metrics.ts';
import type { LinkCall } from '../links.ts';
import { ownerOf } from '../rendezvous.ts';
import type { MeshLinks } from './open-links.ts';

let api: Api;
let descriptors: Uint8Array;
const opened: { close(): Promise<unknown> }[] = [];

beforeAll(async () => {
  ({ api, descriptors } = await echoApi());
});

afterEach(async () => {
  for (const each of opened.splice(0).reverse()) await each.close();
});

type Handlers = Parameters<typeof echoService>[0];

async function startHost(trust: Trust, handlers: Handlers = {}, port = 0): Promise<TestHost> {
  const listen = { host: '127.0.0.1', port };
  const mesh = await openTestHost({ services: [echoService(handlers)], api, trust, listen });
  opened.push(mesh);
  return mesh;
}

/** Links to these addresses, of which so many answer now. */
async function link(trust: Trust, addresses: readonly string[], healthy = addresses.length): Promise<MeshLinks> {
  const links = await openTestLinks(trust, api, addresses, healthy);
  opened.push(links);
  return links;
}

function ask(
  links: MeshLinks,
  name: 'say' | 'look',
  key: string,
  text = '',
  more: Partial<LinkCall> = {},
): Promise<string> {
  return new Promise((resolve, reject) => {
    const method = api.methods.get(echoMethods[name]) as MethodSchema;
    const request = encodeNote(note(key, text));
    const done = (error: CircuitError | undefined, response: Uint8Array | undefined) =>
      error === undefined ? resolve(decodeNote(response!).text) : reject(error);
    links.call({ method, request, done, ...more });
  });
}

/** A key that belongs to one of these addresses. */
function keyOf(address: string, addresses: readonly string[]): string {
  for (let key = 1; ; key += 1) if (ownerOf(String(key), addresses) === address) return String(key);
}

const says =
  (text: string): EchoHandler =>
  async (request) => ({ ...request, text });

describe('calls by key', () => {
  it('go to the owner of their key, and spread over all processes', async () => {
    const trust = openTrust();
    const one = await startHost(trust, { say: says('one') });
    const two = await startHost(trust, { say: says('two') });
    const addresses = [one.host.address, two.host.address];
    const links = await link(trust, addresses);
    for (let key = 1; key <= 50; key += 1) {
      const owner = ownerOf(String(key), addresses) === addresses[0] ? 'one' : 'two';
      expect(await ask(links, 'say', String(key))).toBe(owner);
    }
    const owners = Array.from({ length: 1_000 }, (_, key) => ownerOf(String(key), addresses));
    expect(owners.filter((owner) => owner === addresses[0]).length).toBeGreaterThan(400);
    expect(owners.filter((owner) => owner === addresses[1]).length).toBeGreaterThan(400);
  });

  it('of one socket stay where others are under way, when a process joins', async () => {
    const trust = openTrust();
    let release = () => {};
    const released = new Promise<void>((resolve) => {
      release = resolve;
    });
    const first = await startHost(trust, {
      say: async (request) => {
        if (request.text === 'hold') await released;
        return { ...request, text: 'first' };
      },
    });
    const second = await startHost(trust, { say: says('second') });
    const addresses = [first.host.address, second.host.address];
    const key = keyOf(second.host.address, addresses);
    await second.close();
    const both = await link(trust, addresses, 1);
    const held = ask(both, 'say', key, 'hold', { affinity: 'socket' });
    await startHost(trust, { say: says('second') }, second.host.port);
    await untilHealthy(both, 2);
    expect(await ask(both, 'say', key, '', { affinity: 'socket' })).toBe('first');
    expect(await ask(both, 'say', key, '', { affinity: 'another' })).toBe('second');
    release();
    expect(await held).toBe('first');
    expect(await ask(both, 'say', key, '', { affinity: 'socket' })).toBe('second');
  });
});

describe('a process that is killed', () => {
  it('leaves calls that are UNAVAILABLE, or made again by another process where that is safe', async () => {
    const secret = 'a secret of this test alone, long enough';
    const trust = openTrust(Date.now, secret);
    const child = await startEchoProcess(secret, descriptors);
    opened.push(child);
    const here = await startHost(trust, { look: says('here'), say: says('here') });
    const addresses = [child.address, here.host.address];
    const links = await link(trust, addresses);
    const key = keyOf(child.address, addresses);

    const unsafe = ask(links, 'say', key, 'hold').catch((error: unknown) => error);
    const safe = ask(links, 'look', key, 'hold');
    await child.line();
    await child.line();
    child.signal('SIGKILL');
    expect(await unsafe).toMatchObject({ reason: 'UNAVAILABLE', details: { retryAfterMs: expect.any(Number) } });
    expect(await safe).toBe('here');
    expect(await ask(links, 'say', key)).toBe('here');
  });
});

describe('a process that hangs', () => {
  it('is found out, and what may be repeated is answered by another', async () => {
    const secret = 'a secret of this test alone, long enough';
    const trust = openTrust(Date.now, secret);
    const child = await startEchoProcess(secret, descriptors);
    opened.push(child);
    const here = await startHost(trust, { look: says('here') });
    const addresses = [child.address, here.host.address];
    const keepalive = { timeMs: 200, timeoutMs: 300 };
    const metrics = openMetrics();
    const links = await openTestLinks(trust, api, addresses, 2, { keepalive, metrics });
    opened.push(links, { close: async () => metrics.close() });
    child.signal('SIGSTOP');
    expect(await ask(links, 'look', keyOf(child.address, addresses))).toBe('here');
    const text = await metrics.text();
    expect(text).toContain('circuit_link_lost_total{service="echo"} 1');
    expect(text).toContain('circuit_links{service="echo"} 1');
    expect(text).toContain('circuit_link_batch_calls_count 2');
  });
});

describe('a process that goes away in order', () => {
  it('answers what is under way, while new calls go elsewhere: none fails', async () => {
    const trust = openTrust();
    const leaving = await startHost(trust, { say: says('leaving') });
    const staying = await startHost(trust, { say: says('staying') });
    const links = await link(trust, [leaving.host.address, staying.host.address]);
    const answers: Promise<string>[] = [];
    let going = true;
    const closed = leaving.host.close().then(() => {
      going = false;
    });
    while (going) {
      for (let key = 0; key < 20; key += 1) answers.push(ask(links, 'say', String(key)));
      await new Promise(setImmediate);
    }
    await closed;
    const heard = await Promise.all(answers);
    expect(heard).toContain('leaving');
    expect(await Promise.all(Array.from({ length: 20 }, (_, key) => ask(links, 'say', String(key))))).toEqual(
      Array(20).fill('staying'),
    );
  });
});

describe('a process that comes back', () => {
  it('is linked again, and follows the topics again before it is given calls', async () => {
    const trust = openTrust();
    const before = await startHost(trust);
    const links = await link(trust, [before.host.address]);
    const events: string[] = [];
    const gaps: string[][] = [];
    links.subscriptions.onEvent((event) => events.push(event.event));
    links.subscriptions.onGap((topics) => gaps.push([...topics]));
    await links.subscriptions.subscribe('e:1', AbortSignal.timeout(5_000));
    await before.close();
    await expect(links.subscriptions.subscribe('e:2', AbortSignal.timeout(5_000))).rejects.toMatchObject({
      reason: 'UNAVAILABLE',
    });

    const handler: EchoHandler = async (request) => {
      after.host.bus.publish(event(`e:${request.key}`, 1, request.text));
      return request;
    };
    const after: TestHost = await startHost(trust, { say: handler }, before.host.port);
    await untilHealthy(links, 1);
    expect(gaps).toEqual([['e:1', 'e:2']]);
    await ask(links, 'say', '1', 'first');
    await ask(links, 'say', '2', 'second');
    expect(events).toEqual(['first', 'second']);
  });
});

function event(topic: string, seq: number, name: string) {
  const data = new Uint8Array();
  return {
    topic,
    seq,
    after: 0,
    event: name,
    data,
    revokedUsers: [],
    grantedTopics: [],
    revokedTopics: [],
    blanked: [],
  };
}
