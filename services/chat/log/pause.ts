// Waiting before another try: longer each time, never two processes at the same moment, never past a shutdown.

import { setTimeout as wait } from 'node:timers/promises';

const firstMs = 10;
const longestMs = 2_000;

/** Rejects with the signal's reason when it is aborted. `attempt` counts from 1. */
export async function pauseBefore(attempt: number, signal: AbortSignal): Promise<void> {
  const ceiling = Math.min(longestMs, firstMs * 2 ** attempt);
  // The signal's own reason says more than the timer's error.
  await wait(Math.random() * ceiling, undefined, { signal }).catch(() => signal.throwIfAborted());
}

/**
 * Runs `work` until it succeeds; between tries it tells `failed` and pauses. Rejects only when the signal is aborted.
 */
export async function untilDone<Result>(
  work: () => Promise<Result>,
  signal: AbortSignal,
  failed: (error: unknown) => void,
): Promise<Result> {
  for (let attempt = 1; ; attempt++) {
    signal.throwIfAborted();
    try {
      return await work();
    } catch (error) {
      failed(error);
      await pauseBefore(attempt, signal);
    }
  }
}
