import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { TopicEvent } from '../../../gen/circuit/link/v1/topic_service.ts';
import { hasRedis, openTestRedis, type TestRedis } from '../../../tests/support/redis.ts';
import { silentLog } from '../../telemetry/log.ts';
import type { TopicHub } from '../topic-hub.ts';
import { openRedisPublisher, type RedisPublisher } from './publisher.ts';
import { openRedisSubscriber, type RedisSubscriber } from './subscriber.ts';
import { SwitchingSubscriptions } from './switching-subscriptions.ts';
import { event, TestLinks, until } from './testdata/bus.ts';

const signal = new AbortController().signal;

describe.skipIf(!hasRedis())('the bus over Redis', () => {
  let redis: TestRedis;
  let publisher: RedisPublisher;
  let subscriber: RedisSubscriber;
  let hub: TopicHub;
  let links: TestLinks;
  let subscriptions: SwitchingSubscriptions;
  let seen: TopicEvent[];
  let gaps: string[][];

  beforeEach(async () => {
    redis = await openTestRedis();
    publisher = openRedisPublisher({ url: redis.url, log: silentLog() });
    subscriber = openRedisSubscriber({ url: redis.url, log: silentLog() });
    links = new TestLinks();
    hub = links.hub;
    subscriptions = new SwitchingSubscriptions(subscriber, links, signal);
    seen = [];
    gaps = [];
    subscriptions.onEvent((event) => seen.push(event));
    subscriptions.onGap((topics) => gaps.push([...topics]));
    await until(() => publisher.healthy && subscriber.healthy);
  });
  afterEach(async () => {
    await Promise.all([publisher.close(), subscriber.close()]);
    await redis.close();
  });

  /** What a service's host does: to Redis, and to whoever asked by Link. */
  const publish = (event: TopicEvent) => {
    publisher.publish(event);
    hub.publish(event);
  };

  it('brings events in the order published, and only those of followed topics', async () => {
    await until(() => gaps.length > 0);
    await subscriptions.subscribe('c:000000000001', signal);
    for (let seq = 1; seq <= 500; seq++) {
      publish(event('c:000000000001', seq));
      publish(event('c:000000000002', seq));
    }
    await until(() => seen.length === 500);
    expect(seen.map(({ topic, seq }) => [topic, seq])).toEqual(
      Array.from({ length: 500 }, (_, index) => ['c:000000000001', index + 1]),
    );
  });

  it('uses no Link while Redis is there', async () => {
    await until(() => gaps.length > 0);
    await subscriptions.subscribe('c:000000000001', signal);
    expect(hub.size).toBe(0);
  });

  it('goes on by Link while Redis is dead, says what may be missing, and comes back', async () => {
    await until(() => gaps.length > 0);
    await subscriptions.subscribe('c:000000000001', signal);
    gaps.length = 0;

    await redis.kill();
    await until(() => gaps.length > 0);
    publish(event('c:000000000001', 1));
    await until(() => seen.some(({ seq }) => seq === 1));
    expect(gaps).toEqual([['c:000000000001']]);

    gaps.length = 0;
    await redis.restart();
    await until(() => gaps.length > 0 && hub.size === 0 && publisher.healthy);
    publish(event('c:000000000001', 2));
    await until(() => seen.some(({ seq }) => seq === 2));
  });

  it('holds a Redis that does not answer to be away', async () => {
    await until(() => gaps.length > 0);
    await subscriptions.subscribe('c:000000000001', signal);
    redis.process.kill('SIGSTOP');
    await until(() => !publisher.healthy && !subscriber.healthy && hub.size === 1);
    publish(event('c:000000000001', 1));
    await until(() => seen.length > 0);
    redis.process.kill('SIGCONT');
    await until(() => publisher.healthy && subscriber.healthy && hub.size === 0);
  });

  it('travels on Links, too, while a service says that it has lost Redis', async () => {
    await until(() => gaps.length > 0);
    await subscriptions.subscribe('c:000000000001', signal);
    gaps.length = 0;
    links.say(true);
    await until(() => gaps.length > 0);
    expect([hub.size, subscriber.followedCount, gaps]).toEqual([1, 1, [['c:000000000001']]]);
    await subscriptions.subscribe('c:000000000002', signal);
    expect([hub.size, subscriber.followedCount]).toEqual([2, 2]);
    // Of the service that has lost it, and of another that has not.
    hub.publish(event('c:000000000001', 1));
    publisher.publish(event('c:000000000002', 1));
    await until(() => seen.length === 2);

    gaps.length = 0;
    links.say(false);
    await until(() => gaps.length > 0);
    expect([hub.size, gaps]).toEqual([0, [['c:000000000001', 'c:000000000002']]]);
    publish(event('c:000000000001', 2));
    await until(() => seen.length === 3);
  });

  it('leaves no topic behind on Links that was asked for while Redis went away', async () => {
    await until(() => gaps.length > 0);
    redis.process.kill('SIGSTOP');
    const asked = Array.from({ length: 50 }, (_, n) => subscriptions.subscribe(`c:${n}`, signal));
    await Promise.all(asked);
    expect([subscriber.healthy, hub.size]).toEqual([false, 50]);
    redis.process.kill('SIGCONT');
    await until(() => subscriber.healthy && hub.size === 0);
    expect(subscriber.followedCount).toBe(50);
    for (let n = 0; n < 50; n += 1) subscriptions.unsubscribe(`c:${n}`);
    await until(() => subscriber.followedCount === 0);
    expect(await redis.ask('PUBSUB', 'SHARDCHANNELS')).toBe('');
  });

  it('follows a topic that is subscribed while Redis is away', async () => {
    await redis.kill();
    await until(() => !subscriber.healthy);
    await subscriptions.subscribe('c:000000000003', signal);
    publish(event('c:000000000003', 1));
    await until(() => seen.length === 1);
  });
});
