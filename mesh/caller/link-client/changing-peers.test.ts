import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { TopicEvent } from '../../../gen/circuit/link/v1/topic_service.ts';
import {
  decodeNote,
  type EchoHandler,
  echoApi,
  echoDefinition,
  echoMethods,
  echoService,
  encodeNote,
  note,
} from '../../host/testdata/echo.ts';
import { asha, openTestHost, openTrust, type TestHost, type Trust, untilHealthy } from '../../host/testing.ts';
import type { Api, MethodSchema } from '../../schema/api.ts';
import { silentLog } from '../../telemetry/log.ts';
import { DnsServer } from '../discovery/testdata/dns-server.ts';
import { type MeshLinks, openLinks } from './open-links.ts';

const signal = new AbortController().signal;
const opened: { close(): Promise<unknown> }[] = [];
let api: Api;
let trust: Trust;
let dns: DnsServer;

beforeAll(async () => {
  ({ api } = await echoApi());
});
beforeEach(async () => {
  trust = openTrust();
  dns = await DnsServer.open([]);
  opened.push(dns);
});
afterEach(async () => {
  for (const each of opened.splice(0).reverse()) await each.close();
});

/** A process at an address of loopback that says its own; all have the port of the first. */
async function start(ip: string, port = 0, peers = ''): Promise<TestHost> {
  const say: EchoHandler = async (request) => ({ ...request, text: ip });
  const mesh = await openTestHost({
    services: [echoService({ say, look: say })],
    api,
    trust,
    listen: { host: ip, port },
    ...(peers === '' ? {} : { peers: new Map([['echo', [peers]]]), lookUpMs: 20 }),
  });
  opened.push(mesh);
  return mesh;
}

const nameOf = (port: number) => `dns://127.0.0.1:${dns.port}/echo.test:${port}`;

async function link(port: number, lingerMs = 60_000): Promise<MeshLinks> {
  const token = () => trust.issuer.issueService({ kind: 'edge', key: 'edge' });
  const peers = new Map([['echo', [nameOf(port)]]]);
  const links = openLinks({ api, peers, token, log: silentLog(), lookUpMs: 20, lingerMs });
  opened.push(links);
  await untilHealthy(links, 1);
  return links;
}

/** Who answers for these keys. */
async function answers(links: MeshLinks): Promise<string[]> {
  const method = api.methods.get(echoMethods.look) as MethodSchema;
  const keys = Array.from({ length: 20 }, (_, key) => encodeNote(note(String(key))));
  const told = await Promise.all(keys.map((request) => links.request({ method, request, signal })));
  return [...new Set(told.map((bytes) => decodeNote(bytes).text))].sort();
}

describe('an edge whose peers stand behind a name', () => {
  it('links those that come, and gives no more calls to those that go, but listens to them', async () => {
    const one = await start('127.0.0.1');
    const { port } = one.host;
    dns.addresses = ['127.0.0.1'];
    const links = await link(port);
    const heard: string[] = [];
    links.subscriptions.onEvent(({ event }) => heard.push(event));
    await links.subscriptions.subscribe('n:1', signal);

    await start('127.0.0.2', port);
    dns.addresses = ['127.0.0.1', '127.0.0.2'];
    await untilHealthy(links, 2);
    expect(await answers(links)).toEqual(['127.0.0.1', '127.0.0.2']);

    dns.addresses = ['127.0.0.2'];
    await expect.poll(() => answers(links)).toEqual(['127.0.0.2']);
    one.host.bus.publish(TopicEvent.fromPartial({ topic: 'n:1', event: 'note.new', seq: 1 }));
    await expect.poll(() => heard).toEqual(['note.new']);

    dns.addresses = ['127.0.0.1', '127.0.0.2'];
    await untilHealthy(links, 2);
    expect(await answers(links)).toEqual(['127.0.0.1', '127.0.0.2']);
  });

  it('ends its Link to one that is gone for good, and says what it may miss', async () => {
    const one = await start('127.0.0.1');
    const { port } = one.host;
    await start('127.0.0.2', port);
    dns.addresses = ['127.0.0.1', '127.0.0.2'];
    const links = await link(port, 50);
    await untilHealthy(links, 2);
    await links.subscriptions.subscribe('n:1', signal);
    const gaps: string[][] = [];
    links.subscriptions.onGap((topics) => gaps.push([...topics]));
    dns.addresses = ['127.0.0.2'];
    await expect.poll(() => links.count).toBe(1);
    expect(gaps).toEqual([['n:1']]);
    expect(await answers(links)).toEqual(['127.0.0.2']);
  });

  it('keeps the one that answers while the name stands for others that do not', async () => {
    const one = await start('127.0.0.1');
    dns.addresses = ['127.0.0.1'];
    const links = await link(one.host.port);
    dns.addresses = ['127.0.0.9'];
    await expect.poll(() => links.count).toBe(2);
    expect(await answers(links)).toEqual(['127.0.0.1']);
    expect(links.healthyCount).toBe(1);
    await start('127.0.0.9', one.host.port);
    await expect.poll(() => answers(links)).toEqual(['127.0.0.9']);
  });
});

describe('a service whose peers stand behind a name', () => {
  it('hands keys to a process that came later', async () => {
    // The port must be known for the name: it is found by a process that goes again.
    const probe = await openTestHost({ services: [echoService({})], api, trust });
    const { port } = probe.host;
    await probe.close();
    dns.addresses = ['127.0.0.1'];
    const one = await start('127.0.0.1', port, nameOf(port));
    const user = one.asUser(asha);
    const ask = async () => {
      const keys = Array.from({ length: 20 }, (_, key) => note(String(key)));
      const told = await Promise.all(keys.map((each) => user.call(echoDefinition.say, each)));
      return [...new Set(told.map(({ text }) => text))].sort();
    };
    expect(await ask()).toEqual(['127.0.0.1']);
    await start('127.0.0.2', port, nameOf(port));
    dns.addresses = ['127.0.0.1', '127.0.0.2'];
    await expect.poll(ask).toEqual(['127.0.0.1', '127.0.0.2']);
  });
});
