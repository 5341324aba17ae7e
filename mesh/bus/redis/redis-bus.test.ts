import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { TopicEvent } from '../../../gen/circuit/link/v1/topic_service.ts';
import { hasRedis, openTestRedis, type TestRedis } from '../../../tests/support/redis.ts';
import { silentLog } from '../../telemetry/log.ts';
import { memorySubscriptions } from '../memory.ts';
import { TopicHub } from '../topic-hub.ts';
import { openRedisPublisher, type RedisPublisher } from './publisher.ts';
import { openRedisSubscriber, type RedisSubscriber } from './subscriber.ts';
import { type LinkSubscriptions, SwitchingSubscriptions } from './switching-subscriptions.ts';

const signal = new AbortController().signal;
const event = (topic: string, seq: number) => TopicEvent.fromPartial({ topic, seq, event: 'pond.measured' });

describe.skipIf(!hasRedis())('the bus over Redis', () => {
  let redis: TestRedis;
  let publisher: RedisPublisher;
  let subscriber: RedisSubscriber;
  let hub: TopicHub;
  let subscriptions: SwitchingSubscriptions;
  let seen: TopicEvent[];
  let gaps: string[][];

  beforeEach(async () => {
    redis = await openTestRedis();
    publisher = openRedisPublisher({ url: redis.url, log: silentLog() });
    subscriber = openRedisSubscriber({ url: redis.url, log: silentLog() });
    hub = new TopicHub();
    const links: LinkSubscriptions = { ...memorySubscriptions(hub), busAway: false, onBusAway() {} };
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

  it('follows a topic that is subscribed while Redis is away', async () => {
    await redis.kill();
    await until(() => !subscriber.healthy);
    await subscriptions.subscribe('c:000000000003', signal);
    publish(event('c:000000000003', 1));
    await until(() => seen.length === 1);
  });
});

/** Looks once a turn of the loop; the test's own time limit is the guard. */
async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5));
}
