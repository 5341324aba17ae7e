import { afterEach, describe, expect, it } from 'vitest';
import {
  hasRedis,
  openTestRedisCluster,
  type TestRedisCluster,
  type TestRedisClusterOptions,
} from '../../../tests/support/redis.ts';
import { openRedisShared } from '../../shared/redis-shared.ts';
import { silentLog } from '../../telemetry/log.ts';
import { openRedisPublisher, type RedisPublisher } from './publisher.ts';
import { openRedisSubscriber, type RedisSubscriber } from './subscriber.ts';
import { SwitchingSubscriptions } from './switching-subscriptions.ts';
import { event, TestLinks, until } from './testdata/bus.ts';

const signal = new AbortController().signal;
const log = silentLog();
const topics = Array.from({ length: 30 }, (_, n) => `c:${n}`);

const opened: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const each of opened.splice(0).reverse()) await each.close();
});

function adopt<Thing extends { close(): Promise<void> }>(thing: Thing): Thing {
  opened.push(thing);
  return thing;
}

type Mesh = {
  readonly publisher: RedisPublisher;
  readonly subscriber: RedisSubscriber;
  readonly subscriptions: SwitchingSubscriptions;
  readonly links: TestLinks;
  /** Publishes one event on each topic as a host does, and resolves when all have come. */
  send(seq: number): Promise<void>;
};

function openMesh(url: string): Mesh {
  const publisher = adopt(openRedisPublisher({ url, log }));
  const subscriber = adopt(openRedisSubscriber({ url, log }));
  const links = new TestLinks();
  const subscriptions = new SwitchingSubscriptions(subscriber, links, signal);
  const seen = new Set<string>();
  subscriptions.onEvent(({ topic, seq }) => seen.add(`${topic}/${seq}`));
  const send = async (seq: number) => {
    for (const topic of topics) {
      publisher.publish(event(topic, seq));
      links.hub.publish(event(topic, seq));
    }
    await until(() => topics.every((topic) => seen.has(`${topic}/${seq}`)));
  };
  return { publisher, subscriber, subscriptions, links, send };
}

const followAll = ({ subscriptions }: Mesh) =>
  Promise.all(topics.map((topic) => subscriptions.subscribe(topic, signal)));
const byRedisAlone = ({ publisher, subscriber, links }: Mesh) =>
  until(() => publisher.healthy && subscriber.healthy && links.hub.size === 0);

const caseMs = 60_000;

describe.skipIf(!hasRedis())('the bus over a cluster of Redis', { timeout: caseMs }, () => {
  const open = async (options?: TestRedisClusterOptions): Promise<TestRedisCluster> =>
    adopt(await openTestRedisCluster(options));

  it('has its topics on all nodes, and brings their events', async () => {
    const cluster = await open();
    const mesh = openMesh(cluster.url);
    await byRedisAlone(mesh);
    await followAll(mesh);
    const counts = await Promise.all(cluster.nodes.map((node) => node.ask('PUBSUB', 'SHARDCHANNELS')));
    const onEach = counts.map((text) => text.split('\n').filter(Boolean).length);
    expect(onEach.reduce((sum, count) => sum + count, 0)).toBe(topics.length);
    expect(Math.min(...onEach)).toBeGreaterThan(0);
    await mesh.send(1);
  });

  it.each([0, 2])('goes on by Link while node %i is dead, and comes back with it', async (which) => {
    const cluster = await open();
    const mesh = openMesh(cluster.url);
    await byRedisAlone(mesh);
    await followAll(mesh);
    await cluster.nodes[which]!.kill();
    await until(() => !mesh.publisher.healthy && !mesh.subscriber.healthy && mesh.links.hub.size === topics.length);
    await mesh.send(1);
    await cluster.nodes[which]!.restart();
    await byRedisAlone(mesh);
    await mesh.send(2);
  });

  it('sees a node that hangs', async () => {
    const cluster = await open();
    const mesh = openMesh(cluster.url);
    await byRedisAlone(mesh);
    await followAll(mesh);
    cluster.nodes[1]!.process.kill('SIGSTOP');
    await until(() => !mesh.publisher.healthy && !mesh.subscriber.healthy && mesh.links.hub.size === topics.length);
    await mesh.send(1);
    cluster.nodes[1]!.process.kill('SIGCONT');
    await byRedisAlone(mesh);
    await mesh.send(2);
  });

  it('goes on with the replica of a node that is gone for good, be it the one that it is known by', async () => {
    const cluster = await open({ replicas: 1 });
    const mesh = openMesh(cluster.url);
    await byRedisAlone(mesh);
    await followAll(mesh);
    await cluster.nodes[0]!.kill();
    await until(() => !mesh.publisher.healthy && !mesh.subscriber.healthy && mesh.links.hub.size === topics.length);
    await byRedisAlone(mesh);
    await mesh.send(1);
  });

  it('follows topics to the node that their slots moved to, and has heads compared', async () => {
    const cluster = await open();
    const mesh = openMesh(cluster.url);
    await byRedisAlone(mesh);
    await followAll(mesh);
    let gaps = 0;
    mesh.subscriptions.onGap(() => {
      gaps += 1;
    });
    await cluster.moveSlots(0, 1);
    await mesh.send(1);
    await until(() => gaps > 0);
    await byRedisAlone(mesh);
    await mesh.send(2);
    expect(await cluster.nodes[0]!.ask('PUBSUB', 'SHARDCHANNELS')).toBe('');
  });

  it('may come up later than those who use it', async () => {
    const cluster = await open();
    for (const node of cluster.nodes) await node.kill();
    const mesh = openMesh(cluster.url);
    await followAll(mesh);
    await mesh.send(1);
    for (const node of cluster.nodes) await node.restart();
    await byRedisAlone(mesh);
    await mesh.send(2);
  });

  it('asks for a password at every node', async () => {
    const cluster = await open({ password: 'a word: of/its own' });
    const mesh = openMesh(cluster.url);
    await byRedisAlone(mesh);
    await followAll(mesh);
    await mesh.send(1);
    const shared = adopt(openRedisShared({ url: cluster.url, log }));
    await until(() => shared.reachable);
    for (const key of topics) expect(await shared.put(key, Buffer.from(key), 10_000)).toBe(true);
    for (const key of topics) expect(await shared.take(key)).toEqual(Buffer.from(key));
  });
});
