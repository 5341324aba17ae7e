// What edges know together, for a moment: values that are taken once, and counts. All of it may vanish at any time;
// then each edge goes by what it knows alone.

import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';

export type Limiter = {
  /** Takes `cost` from the points of `key`. Returns 0, or after how many milliseconds to try again. */
  take(key: string, cost: number): Promise<number>;
};

export type LimiterOptions = {
  readonly name: string;
  readonly points: number;
  /** Whole seconds after which all points are there again. */
  readonly seconds: number;
};

export type Shared = {
  /** False: what others put cannot be had now. */
  readonly reachable: boolean;
  /** Keeps a value for others to take. False: nobody else would find it. */
  put(key: string, value: Buffer, ttlMs: number): Promise<boolean>;
  /** Takes a value out; undefined where it was taken, is too old, or cannot be reached. */
  take(key: string): Promise<Buffer | undefined>;
  /** Counts with the others, or alone while they cannot be reached. */
  limiter(options: LimiterOptions): Limiter;
  close(): Promise<void>;
};

/** For an edge that is alone. */
export function unshared(): Shared {
  return {
    reachable: false,
    put: async () => false,
    take: async () => undefined,
    limiter: ({ points, seconds }) => limiterOver(new RateLimiterMemory({ points, duration: seconds }), points),
    close: async () => {},
  };
}

type Consuming = { consume(key: string, points: number): Promise<unknown> };

/** What costs more than there are points takes all of them. */
export function limiterOver(limiter: Consuming, points: number): Limiter {
  return {
    async take(key, cost) {
      try {
        await limiter.consume(key, Math.min(cost, points));
        return 0;
      } catch (refused) {
        if (!(refused instanceof RateLimiterRes)) throw refused;
        return Math.max(1, refused.msBeforeNext);
      }
    },
  };
}
