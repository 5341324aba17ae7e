// The rate limit of one socket: a bucket that fills by time and is emptied by what requests cost.

import type { EdgeLimits } from '../limits.ts';

export type Bucket = {
  /** What may be spent at once. */
  tokens: number;
  /** When that was so, in milliseconds since 1970. */
  atMs: number;
};

/** Takes `cost` from a socket's bucket. Returns 0, or how many milliseconds to wait until it would be granted. */
export function takeTokens(
  holder: { bucket: Bucket | undefined },
  cost: number,
  { costPerSecond, costBurst }: EdgeLimits,
  nowMs: number,
): number {
  holder.bucket ??= { tokens: costBurst, atMs: nowMs };
  const { bucket } = holder;
  const gained = (Math.max(0, nowMs - bucket.atMs) * costPerSecond) / 1_000;
  bucket.tokens = Math.min(costBurst, bucket.tokens + gained);
  bucket.atMs = nowMs;
  // A call that costs more than the bucket holds takes all of it.
  const due = Math.min(cost, costBurst);
  if (bucket.tokens >= due) {
    bucket.tokens -= due;
    return 0;
  }
  return Math.ceil(((due - bucket.tokens) * 1_000) / costPerSecond);
}
