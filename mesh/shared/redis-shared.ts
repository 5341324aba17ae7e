// What edges know together, in Redis. Nothing waits for a Redis that is away.

import { RateLimiterMemory, RateLimiterRedis } from 'rate-limiter-flexible';
import { RedisConnection, type RedisOptions } from '../bus/redis/connection.ts';
import { limiterOver, type Shared } from './shared.ts';

const prefix = 'circuit:';

export function openRedisShared(options: RedisOptions): Shared {
  const connection = new RedisConnection({ ...options, use: 'shared' });
  return {
    get reachable() {
      return connection.healthy;
    },
    async put(key, value, ttlMs) {
      const { commands } = connection;
      if (commands === undefined) return false;
      try {
        // As text: a client's replies are text unless it is asked otherwise.
        await commands.set(prefix + key, value.toString('base64'), { PX: ttlMs });
        return true;
      } catch {
        return false;
      }
    },
    async take(key) {
      const found = await connection.commands?.getDel(prefix + key).catch(() => null);
      return found === undefined || found === null ? undefined : Buffer.from(found, 'base64');
    },
    limiter({ name, points, seconds }) {
      const alone = new RateLimiterMemory({ points, duration: seconds });
      const together = new RateLimiterRedis({
        // All that it calls: the rest of a client, or of a cluster's, is no business of it.
        storeClient: {
          eval: (script: string, call: EvalCall) =>
            connection.commands?.eval(script, call) ?? Promise.reject(new Error('redis is away')),
        },
        useRedisPackage: true,
        keyPrefix: `${prefix}rate:${name}`,
        points,
        duration: seconds,
        insuranceLimiter: alone,
      });
      return limiterOver(together, points);
    },
    close: () => connection.close(),
  };
}

type EvalCall = { readonly keys: string[]; readonly arguments: string[] };
