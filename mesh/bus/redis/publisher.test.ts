import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { hasRedis, openTestRedis, type TestRedis } from '../../../tests/support/redis.ts';
import { openLog, silentLog } from '../../telemetry/log.ts';
import { type Metrics, openMetrics } from '../../telemetry/metrics.ts';
import { openRedisPublisher, type RedisPublisher } from './publisher.ts';
import { openRedisSubscriber } from './subscriber.ts';
import { event, until } from './testdata/bus.ts';

describe.skipIf(!hasRedis())('a service that publishes to Redis', () => {
  let redis: TestRedis;
  let metrics: Metrics;
  let publisher: RedisPublisher;
  let told: boolean[];

  beforeEach(async () => {
    redis = await openTestRedis();
    metrics = openMetrics();
    publisher = openRedisPublisher({ url: redis.url, log: silentLog(), metrics });
    told = [];
    publisher.onHealth((healthy) => told.push(healthy));
    await until(() => told.length === 1);
  });
  afterEach(async () => {
    await publisher.close();
    metrics.close();
    await redis.close();
  });

  const figure = async (name: string) =>
    Number(new RegExp(`^${name}(?:\\{.*\\})? (\\d+)$`, 'm').exec(await metrics.text())?.[1] ?? 0);

  it('counts what Redis refuses, and says that it cannot be relied on', async () => {
    expect(await figure('circuit_redis_healthy')).toBe(1);
    await redis.ask('ACL', 'SETUSER', 'default', '-spublish');
    publisher.publish(event('c:1', 1));
    await until(() => told.length > 1);
    expect(told[1]).toBe(false);
    expect(await figure('circuit_redis_publish_failed_total')).toBe(1);
  });

  it('counts what finds no room in its queue, and says so, too', async () => {
    for (let seq = 1; seq <= 20_100; seq += 1) publisher.publish(event('c:1', seq));
    await until(() => told.length > 2);
    expect(told).toEqual([true, false, true]);
    expect(await figure('circuit_redis_publish_failed_total')).toBeGreaterThanOrEqual(100);
  });

  it('tells each reason for which Redis is away, once', async () => {
    const reasons: string[] = [];
    const write = (line: string) => {
      const { msg, err } = JSON.parse(line);
      if (msg === 'redis is away') reasons.push(err.message);
    };
    const told = openRedisPublisher({ url: redis.url, log: openLog({ level: 'warn', destination: { write } }) });
    await until(() => told.healthy);
    await redis.ask('CONFIG', 'SET', 'requirepass', 'another');
    await redis.ask('-a', 'another', 'CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
    await until(() => reasons.some((reason) => reason.includes('NOAUTH')));
    await redis.kill();
    await until(() => reasons.some((reason) => reason.includes('ECONNREFUSED')));
    await redis.restart();
    await until(() => told.healthy);
    await told.close();
    expect(new Set(reasons).size).toBe(reasons.length);
  });

  it('shows whether Redis is there, and what an edge follows', async () => {
    const edge = openRedisSubscriber({ url: redis.url, log: silentLog(), metrics });
    await until(() => edge.healthy);
    await Promise.all(['c:1', 'c:2'].map((topic) => edge.follow(topic)));
    expect(await figure('circuit_redis_subscriptions')).toBe(2);
    await redis.kill();
    await until(() => !edge.healthy && !publisher.healthy);
    expect([await figure('circuit_redis_subscriptions'), await figure('circuit_redis_healthy')]).toEqual([0, 0]);
    await edge.close();
  });
});
