import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { hasRedis, openTestRedis, type TestRedis } from '../../../tests/support/redis.ts';
import { silentLog } from '../../telemetry/log.ts';
import { openRedisSubscriber, type RedisSubscriber } from './subscriber.ts';
import { until } from './testdata/bus.ts';

/** More than the commands that a client of the library keeps waiting. */
const manyTopics = 30_000;

describe.skipIf(!hasRedis())('subscriptions at Redis', () => {
  let redis: TestRedis;
  const edges: RedisSubscriber[] = [];

  beforeEach(async () => {
    redis = await openTestRedis();
  });
  afterEach(async () => {
    await Promise.all(edges.splice(0).map((edge) => edge.close()));
    await redis.close();
  });

  async function openEdge(): Promise<RedisSubscriber> {
    const edge = openRedisSubscriber({ url: redis.url, log: silentLog() });
    edges.push(edge);
    await until(() => edge.healthy);
    return edge;
  }

  const channels = async () => (await redis.ask('PUBSUB', 'SHARDCHANNELS')).split('\n').filter(Boolean).length;
  const edgesOn = async (topic: string) =>
    Number((await redis.ask('PUBSUB', 'SHARDNUMSUB', `circuit:${topic}`)).split('\n')[1]);

  it('are one for each edge and topic', async () => {
    const [one, other] = [await openEdge(), await openEdge()];
    await Promise.all([one, one, one, other].map((edge) => edge.follow('c:1')));
    expect(await edgesOn('c:1')).toBe(2);
    one.leave('c:1');
    await until(() => one.followedCount === 0);
    expect(await edgesOn('c:1')).toBe(1);
  });

  it('are as last asked for, whatever was asked in between', async () => {
    const edge = await openEdge();
    edge.follow('c:1');
    edge.leave('c:1');
    edge.follow('c:2');
    edge.leave('c:2');
    expect(await edge.follow('c:2')).toBe(true);
    edge.leave('c:2');
    expect(await edge.follow('c:2')).toBe(true);
    await until(() => edge.followedCount === 1);
    expect([await edgesOn('c:1'), await edgesOn('c:2')]).toEqual([0, 1]);
  });

  it('are all there again after Redis was killed, before it counts as there', { timeout: 60_000 }, async () => {
    const edge = await openEdge();
    const topics = Array.from({ length: manyTopics }, (_, n) => `c:${n}`);
    expect((await Promise.all(topics.map((topic) => edge.follow(topic)))).every(Boolean)).toBe(true);
    expect(await channels()).toBe(manyTopics);

    await redis.kill();
    await until(() => !edge.healthy);
    expect([await edge.follow('c:late'), edge.followedCount]).toEqual([false, 0]);
    edge.leave('c:0');
    await redis.restart();
    await until(() => edge.healthy);
    expect(await channels()).toBe(manyTopics);
    expect([await edgesOn('c:0'), await edgesOn('c:late')]).toEqual([0, 1]);
  });

  it('are tried again when Redis cuts a subscriber off', async () => {
    const edge = await openEdge();
    await edge.follow('c:1');
    const told: boolean[] = [];
    edge.onHealth((healthy) => told.push(healthy));
    await redis.ask('CLIENT', 'KILL', 'TYPE', 'pubsub');
    await until(() => told.length === 2);
    expect([told, await edgesOn('c:1')]).toEqual([[false, true], 1]);
  });
});
