import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { TopicEvent } from '../../gen/circuit/link/v1/topic_service.ts';
import type { MeshLinks } from '../caller/link-client/open-links.ts';
import { echoApi, echoService } from '../host/testdata/echo.ts';
import { openTestHost, openTestLinks, openTrust, type TestHost } from '../host/testing.ts';
import type { Api } from '../schema/api.ts';
import type { Ground } from '../service/define-service.ts';
import type { Bus, Relay, Subscriptions } from './bus.ts';
import { memorySubscriptions } from './memory.ts';

let api: Api;
/** What the service of the host opened last publishes on. */
let busOfService: Bus;
const opened: { close(): Promise<unknown> }[] = [];

beforeAll(async () => {
  ({ api } = await echoApi());
});

afterEach(async () => {
  for (const each of opened.splice(0).reverse()) await each.close();
});

async function start(count = 1, relay?: Relay): Promise<{ hosts: TestHost[]; links: MeshLinks }> {
  const trust = openTrust();
  const hosts: TestHost[] = [];
  const onOpen = async (ground: Ground) => {
    busOfService = ground.bus;
    return { close: async () => {} };
  };
  for (let made = 0; made < count; made += 1) {
    const host = await openTestHost({ services: [echoService({}, { onOpen })], api, trust, ...(relay && { relay }) });
    hosts.push(host);
    opened.push(host);
  }
  const links = await openTestLinks(
    trust,
    api,
    hosts.map(({ host }) => host.address),
  );
  opened.push(links);
  return { hosts, links };
}

const soon = () => AbortSignal.timeout(5_000);

function event(topic: string, seq: number, data: Uint8Array = new Uint8Array()): TopicEvent {
  const lists = { revokedUsers: [], grantedTopics: [], revokedTopics: [], blanked: [] };
  return { topic, seq, after: 0, event: 'note.new', data, ...lists };
}

/** Resolves with the first `count` events that come, by topic and number. */
function heard(subscriptions: Subscriptions, count: number): Promise<string[]> {
  return new Promise((resolve) => {
    const events: string[] = [];
    subscriptions.onEvent(({ topic, seq }) => {
      if (events.push(`${topic}/${seq}`) === count) resolve(events);
    });
  });
}

describe('the bus over Link', () => {
  it('brings what is published from the moment that a subscription is confirmed, in order', async () => {
    const { hosts, links } = await start();
    const events = heard(links.subscriptions, 2_000);
    await links.subscriptions.subscribe('e:1', soon());
    await links.subscriptions.subscribe('e:2', soon());
    const expected: string[] = [];
    for (let seq = 1; seq <= 1_000; seq += 1) {
      for (const topic of ['e:1', 'e:2', 'e:3']) hosts[0]!.host.bus.publish(event(topic, seq, Buffer.alloc(seq)));
      expected.push(`e:1/${seq}`, `e:2/${seq}`);
    }
    expect(await events).toEqual(expected);
  });

  it('brings an event as it was published', async () => {
    const { hosts, links } = await start();
    const whole: TopicEvent = {
      ...event('e:1', 7, Buffer.from('DO is 2.1')),
      after: 6,
      revokedUsers: ['100000000002'],
      grantedTopics: [{ topic: 'e:9', since: 3, follow: true }],
      blanked: [1, 2],
    };
    const arrived = new Promise<TopicEvent>((resolve) => links.subscriptions.onEvent(resolve));
    await links.subscriptions.subscribe('e:1', soon());
    hosts[0]!.host.bus.publish(whole);
    const { data, ...rest } = await arrived;
    expect(rest).toEqual({ ...whole, data: undefined });
    expect(Buffer.from(data).toString()).toBe('DO is 2.1');
  });

  it('is subscribed at every process that may publish on the topic', async () => {
    const { hosts, links } = await start(2);
    const events = heard(links.subscriptions, 4);
    await links.subscriptions.subscribe('e:1', soon());
    await links.subscriptions.subscribe('d:100000000001', soon());
    for (const { host } of hosts) {
      host.bus.publish(event('e:1', 1));
      host.bus.publish(event('d:100000000001', 0));
    }
    expect((await events).sort()).toEqual(['d:100000000001/0', 'd:100000000001/0', 'e:1/1', 'e:1/1']);
  });

  it('brings nothing of a topic that was left, and the process forgets it', async () => {
    const { hosts, links } = await start();
    const events = heard(links.subscriptions, 1);
    await links.subscriptions.subscribe('e:1', soon());
    links.subscriptions.unsubscribe('e:1');
    await links.subscriptions.subscribe('e:2', soon());
    expect(hosts[0]!.host.bus.size).toBe(1);
    hosts[0]!.host.bus.publish(event('e:1', 1));
    hosts[0]!.host.bus.publish(event('e:2', 1));
    expect(await events).toEqual(['e:2/1']);
  });

  it('gives up waiting when the signal does', async () => {
    const { links } = await start();
    const gone = AbortSignal.abort();
    await expect(links.subscriptions.subscribe('e:1', gone)).rejects.toMatchObject({ reason: 'CANCELLED' });
  });
});

describe('a bus beside Links', () => {
  it('is given what services publish, too, and edges are told while it is away', async () => {
    let tell: (healthy: boolean) => void = () => {};
    const published: number[] = [];
    const relay: Relay = {
      healthy: true,
      onHealth: (listener) => {
        tell = listener;
      },
      publish: ({ seq }) => published.push(seq),
    };
    const { links } = await start(1, relay);
    const { subscriptions } = links;
    const events = heard(subscriptions, 1);
    expect(subscriptions.busAway).toBe(false);
    const away = new Promise((resolve) => subscriptions.onBusAway(resolve));
    await subscriptions.subscribe('e:1', soon());
    busOfService.publish(event('e:1', 1));
    expect(await events).toEqual(['e:1/1']);
    expect(published).toEqual([1]);
    tell(false);
    expect(await away).toBe(true);
    expect(subscriptions.busAway).toBe(true);
  });

  it('is said to be away where there is none', async () => {
    const { links } = await start();
    expect(links.subscriptions.busAway).toBe(true);
  });
});

describe('the bus within a process', () => {
  it('brings events in order, also those that a listener publishes', async () => {
    const { hosts } = await start();
    const { bus } = hosts[0]!.host;
    const subscriptions = memorySubscriptions(bus);
    const events = heard(subscriptions, 3);
    subscriptions.onEvent(({ seq }) => seq === 1 && bus.publish(event('e:1', 3)));
    await subscriptions.subscribe('e:1', soon());
    bus.publish(event('e:1', 1));
    bus.publish(event('e:1', 2));
    expect(await events).toEqual(['e:1/1', 'e:1/2', 'e:1/3']);
    subscriptions.unsubscribe('e:1');
    expect(bus.size).toBe(0);
  });
});
