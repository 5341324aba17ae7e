// Rate limits of HTTP: by user for calls with a token that holds, by address for everything else.

import { refuse } from '../../mesh/errors/refuse.ts';
import { type Limiter, type Shared, unshared } from '../../mesh/shared/shared.ts';
import type { EdgeLimits } from '../limits.ts';

export type HttpLimits = {
  /** Throws RATE_LIMITED with when to try again. */
  takeOfCaller(key: string, cost: number): Promise<void>;
  /** The same for requests without a token that holds. */
  takeOfStranger(address: string): Promise<void>;
};

/** Strangers are counted over so long. */
const strangerSeconds = 10;

/** Callers are counted with the other edges; strangers by each edge, which is enough to slow them down. */
export function httpLimits(limits: EdgeLimits, shared: Shared): HttpLimits {
  const callers = shared.limiter({
    name: 'http',
    points: limits.costBurst,
    seconds: Math.max(1, Math.ceil(limits.costBurst / limits.costPerSecond)),
  });
  const strangers = unshared().limiter({
    name: 'stranger',
    points: limits.strangerPerSecond * strangerSeconds,
    seconds: strangerSeconds,
  });
  return {
    takeOfCaller: (key, cost) => take(callers, key, cost),
    takeOfStranger: (address) => take(strangers, address, 1),
  };
}

async function take(limiter: Limiter, key: string, cost: number): Promise<void> {
  const retryAfterMs = await limiter.take(key, cost);
  if (retryAfterMs > 0) throw refuse('RATE_LIMITED', { retryAfterMs });
}
