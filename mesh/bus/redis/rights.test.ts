import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { hasRedis, openTestRedis } from '../../../tests/support/redis.ts';
import { openRedisShared } from '../../shared/redis-shared.ts';
import { silentLog } from '../../telemetry/log.ts';
import { openRedisPublisher } from './publisher.ts';
import { openRedisSubscriber } from './subscriber.ts';
import { event, until } from './testdata/bus.ts';

it.skipIf(!hasRedis())('Redis is asked for no more than the manual gives rights to', async () => {
  const [, rights = ''] = /^ACL SETUSER circuit (.*)$/m.exec(readFileSync('docs/operations.md', 'utf8')) ?? [];
  const redis = await openTestRedis();
  const granted = await redis.ask('ACL', 'SETUSER', 'circuit', ...rights.split(' '));
  const options = { url: redis.url.replace('//', '//circuit:password@'), log: silentLog() };
  const [publisher, subscriber] = [openRedisPublisher(options), openRedisSubscriber(options)];
  const shared = openRedisShared(options);
  try {
    expect(granted).toBe('OK');
    await until(() => publisher.healthy && subscriber.healthy && shared.reachable);
    const heard: number[] = [];
    subscriber.onEvent(({ seq }) => heard.push(seq));
    await subscriber.follow('c:1');
    publisher.publish(event('c:1', 1));
    await until(() => heard.length === 1);
    subscriber.leave('c:1');
    await until(() => subscriber.followedCount === 0);
    expect(await shared.put('place', Buffer.from('x'), 1_000)).toBe(true);
    expect(await shared.take('place')).toEqual(Buffer.from('x'));
    expect(await shared.limiter({ name: 'test', points: 1, seconds: 60 }).take('asha', 1)).toBe(0);
    expect(await redis.ask('KEYS', 'circuit:rate:*')).toContain('asha');
    expect(await redis.ask('ACL', 'LOG')).toBe('');
  } finally {
    await Promise.all([publisher.close(), subscriber.close(), shared.close()]);
    await redis.close();
  }
});
