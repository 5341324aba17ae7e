import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { hasRedis, openTestRedis, type TestRedis } from '../../tests/support/redis.ts';
import { silentLog } from '../telemetry/log.ts';
import { openRedisShared } from './redis-shared.ts';
import { type Shared, unshared } from './shared.ts';

const rate = { name: 'test', points: 10, seconds: 60 };

describe.skipIf(!hasRedis())('what edges know together', () => {
  let redis: TestRedis;
  let one: Shared;
  let other: Shared;

  beforeEach(async () => {
    redis = await openTestRedis();
    one = openRedisShared({ url: redis.url, log: silentLog() });
    other = openRedisShared({ url: redis.url, log: silentLog() });
    await expect.poll(() => one.reachable && other.reachable).toBe(true);
  });
  afterEach(async () => {
    await Promise.all([one.close(), other.close()]);
    await redis.close();
  });

  it('is taken by one of them, once', async () => {
    const value = Buffer.from([0, 255, 7]);
    expect(await one.put('place', value, 10_000)).toBe(true);
    const taken = await Promise.all([one.take('place'), other.take('place'), other.take('place')]);
    expect(taken.filter((each) => each !== undefined)).toEqual([value]);
    expect(await one.put('late', value, 1)).toBe(true);
    await expect.poll(() => other.take('late')).toBeUndefined();
  });

  it('is counted for all of them', async () => {
    const [here, there] = [one.limiter(rate), other.limiter(rate)];
    expect([await here.take('asha', 6), await there.take('asha', 4)]).toEqual([0, 0]);
    for (const limiter of [here, there]) {
      const waitMs = await limiter.take('asha', 1);
      expect(waitMs).toBeGreaterThan(0);
      expect(waitMs).toBeLessThanOrEqual(60_000);
    }
    expect(await there.take('ravi', 99)).toBe(0);
  });

  it('is what each knows alone while Redis is away, and is known together again when it is back', async () => {
    const [here, there] = [one.limiter(rate), other.limiter(rate)];
    await redis.kill();
    await expect.poll(() => one.reachable || other.reachable).toBe(false);
    expect(await one.put('place', Buffer.from('x'), 10_000)).toBe(false);
    expect(await other.take('place')).toBeUndefined();
    expect([await here.take('asha', 10), await there.take('asha', 10)]).toEqual([0, 0]);
    expect(await here.take('asha', 1)).toBeGreaterThan(0);
    await redis.restart();
    await expect.poll(() => one.reachable && other.reachable, { timeout: 10_000 }).toBe(true);
    expect([await here.take('asha', 10), (await there.take('asha', 1)) > 0]).toEqual([0, true]);
  });
});

describe('an edge that is alone', () => {
  it('counts by itself, and keeps nothing for others', async () => {
    const alone = unshared();
    const limiter = alone.limiter(rate);
    expect(await limiter.take('asha', 10)).toBe(0);
    expect(await limiter.take('asha', 1)).toBeGreaterThan(0);
    expect(await alone.put('place', Buffer.from('x'), 1_000)).toBe(false);
  });
});
