import { describe, expect, it } from 'vitest';
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

/** What closes when its test has finished, the last opened first. */
type Finish = (close: () => Promise<void>) => void;

function adopt<Thing extends { close(): Promise<void> }>(onTestFinished: Finish, thing: Thing): Thing {
  onTestFinished(() => thing.close());
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

function openMesh(onTestFinished: Finish, url: string): Mesh {
  const publisher = adopt(onTestFinished, openRedisPublisher({ url, log }));
  const subscriber = adopt(onTestFinished, openRedisSubscriber({ url, log }));
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

// Each has a cluster of its own, and waits for it most of the time: they wait together.
describe.skipIf(!hasRedis()).concurrent('the bus over a cluster of Redis', { timeout: caseMs }, () => {
  const open = async (onTestFinished: Finish, options?: TestRedisClusterOptions): Promise<TestRedisCluster> =>
    adopt(onTestFinished, await openTestRedisCluster(options));

  it('has its topics on all nodes, and brings their events', async ({ onTestFinished }) => {
    const cluster = await open(onTestFinished);
    const mesh = openMesh(onTestFinished, cluster.url);
    await byRedisAlone(mesh);
    await followAll(mesh);
    const counts = await Promise.all(cluster.nodes.map((node) => node.ask('PUBSUB', 'SHARDCHANNELS')));
    const onEach = counts.map((text) => text.split('\n').filter(Boolean).length);
    expect(onEach.reduce((sum, count) => sum + count, 0)).toBe(topics.length);
    expect(Math.min(...onEach)).toBeGreaterThan(0);
    await mesh.send(1);
  });

  it.for([0, 2])('goes on by Link while node %i is dead, and comes back with it', async (which, { onTestFinished }) => {
    const cluster = await open(onTestFinished);
    const mesh = openMesh(onTestFinished, cluster.url);
    await byRedisAlone(mesh);
    await followAll(mesh);
    await cluster.nodes[which]!.kill();
    await until(() => !mesh.publisher.healthy && !mesh.subscriber.healthy && mesh.links.hub.size === topics.length);
    await mesh.send(1);
    await cluster.nodes[which]!.restart();
    await byRedisAlone(mesh);
    await mesh.send(2);
  });

  it('sees a node that hangs', async ({ onTestFinished }) => {
    const cluster = await open(onTestFinished);
    const mesh = openMesh(onTestFinished, cluster.url);
    await byRedisAlone(mesh);
    await followAll(mesh);
    cluster.nodes[1]!.process.kill('SIGSTOP');
    await until(() => !mesh.publisher.healthy && !mesh.subscriber.healthy && mesh.links.hub.size === topics.length);
    await mesh.send(1);
    cluster.nodes[1]!.process.kill('SIGCONT');
    await byRedisAlone(mesh);
    await mesh.send(2);
  });

  it('goes on with the replica of a node that is gone for good, be it the one that it is known by', async ({
    onTestFinished,
  }) => {
    const cluster = await open(onTestFinished, { replicas: 1 });
    const mesh = openMesh(onTestFinished, cluster.url);
    await byRedisAlone(mesh);
    await followAll(mesh);
    await cluster.nodes[0]!.kill();
    await until(() => !mesh.publisher.healthy && !mesh.subscriber.healthy && mesh.links.hub.size === topics.length);
    await byRedisAlone(mesh);
    await mesh.send(1);
  });

  // Alone: five thousand slots are moved one by one, and nodes that get no time meanwhile hold each other to be dead.
  it.sequential('follows topics to the node that their slots moved to, and has heads compared', async ({
    onTestFinished,
  }) => {
    const cluster = await open(onTestFinished);
    const mesh = openMesh(onTestFinished, cluster.url);
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

  it('may come up later than those who use it', async ({ onTestFinished }) => {
    const cluster = await open(onTestFinished);
    for (const node of cluster.nodes) await node.kill();
    const mesh = openMesh(onTestFinished, cluster.url);
    await followAll(mesh);
    await mesh.send(1);
    for (const node of cluster.nodes) await node.restart();
    await byRedisAlone(mesh);
    await mesh.send(2);
  });

  it('asks for a password at every node', async ({ onTestFinished }) => {
    const cluster = await open(onTestFinished, { password: 'a word: of/its own' });
    const mesh = openMesh(onTestFinished, cluster.url);
    await byRedisAlone(mesh);
    await followAll(mesh);
    await mesh.send(1);
    const shared = adopt(onTestFinished, openRedisShared({ url: cluster.url, log }));
    await until(() => shared.reachable);
    for (const key of topics) expect(await shared.put(key, Buffer.from(key), 10_000)).toBe(true);
    for (const key of topics) expect(await shared.take(key)).toEqual(Buffer.from(key));
  });
});
