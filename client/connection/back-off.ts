// How long to wait before the next attempt: exponential with full jitter, so that clients come back one by one.

import type { Clock } from '../clock.ts';

const reconnectMsBase = 1_000;
export const reconnectMsMax = 30_000;
const retryMsBase = 200;
const retryMsMax = 5_000;

/** Before the n-th reconnect (from 0): anything up to 1 s, 2 s, 4 s … 30 s; never below what the server suggested. */
export function reconnectDelayMs(attempt: number, suggestedMs: number, clock: Clock): number {
  return Math.max(suggestedMs, clock.random() * Math.min(reconnectMsMax, reconnectMsBase * 2 ** Math.min(attempt, 10)));
}

/** Before the n-th repeat (from 0) of a call that failed for a reason that passes. */
export function retryDelayMs(attempt: number, suggestedMs: number, clock: Clock): number {
  return suggestedMs + clock.random() * Math.min(retryMsMax, retryMsBase * 2 ** Math.min(attempt, 10));
}
