// Rate limits of HTTP: by user for calls with a token that holds, by address for everything else.

import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import { refuse } from '../../mesh/errors/refuse.ts';
import type { EdgeLimits } from '../limits.ts';

export type HttpLimits = {
  /** Throws RATE_LIMITED with when to try again. */
  takeOfCaller(key: string, cost: number): Promise<void>;
  /** The same for requests without a token that holds. */
  takeOfStranger(address: string): Promise<void>;
};

/** Strangers are counted over so long. */
const strangerSeconds = 10;

export function httpLimits(limits: EdgeLimits): HttpLimits {
  const callers = new RateLimiterMemory({
    points: limits.costBurst,
    duration: limits.costBurst / limits.costPerSecond,
  });
  const strangers = new RateLimiterMemory({
    points: limits.strangerPerSecond * strangerSeconds,
    duration: strangerSeconds,
  });
  return {
    takeOfCaller: (key, cost) => take(callers, key, Math.min(cost, limits.costBurst)),
    takeOfStranger: (address) => take(strangers, address, 1),
  };
}

async function take(limiter: RateLimiterMemory, key: string, cost: number): Promise<void> {
  try {
    await limiter.consume(key, cost);
  } catch (refused) {
    if (!(refused instanceof RateLimiterRes)) throw refused;
    throw refuse('RATE_LIMITED', { retryAfterMs: Math.max(1, refused.msBeforeNext) });
  }
}
