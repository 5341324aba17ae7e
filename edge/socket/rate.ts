// The rate limit of one socket: a bucket that fills by time and is emptied by what requests cost.

import type { EdgeLimits } from '../limits.ts';
import type { Session } from './session.ts';

/** Takes `cost` from the socket's bucket. Returns 0, or how many milliseconds to wait until it would be granted. */
export function takeTokens(session: Session, cost: number, limits: EdgeLimits, nowMs: number): number {
  const { costPerSecond, costBurst } = limits;
  const gained = (Math.max(0, nowMs - session.tokensAtMs) * costPerSecond) / 1_000;
  session.tokens = Math.min(costBurst, session.tokens + gained);
  session.tokensAtMs = nowMs;
  // A call that costs more than the bucket holds takes all of it.
  const due = Math.min(cost, costBurst);
  if (session.tokens >= due) {
    session.tokens -= due;
    return 0;
  }
  return Math.ceil(((due - session.tokens) * 1_000) / costPerSecond);
}
