// When a call may be made again: few times, after a random pause, and only while most calls succeed. So a service that
// is slow or gone meets less load, not more.

/** Repeats of one call, at most. */
export const retriesMax = 2;
const firstDelayMs = 50;
const delayMsMax = 1_000;
/** Tokens that a repeat takes from; each success gives back a tenth of one. Below half of it nothing is repeated. */
const tokensMax = 10;
const tokensBack = 0.1;

/** A pause before the repeat after `attempt` (from 0): random up to a bound that doubles (AWS's "full jitter"). */
export function retryDelayMs(attempt: number): number {
  return Math.random() * Math.min(firstDelayMs * 2 ** attempt, delayMsMax);
}

/** How many repeats are left in all, whoever asks: gRPC's retry throttling (its proposal A6). */
export class RetryBudget {
  #tokens = tokensMax;

  succeeded(): void {
    this.#tokens = Math.min(tokensMax, this.#tokens + tokensBack);
  }

  /** Notes a failure; true where a repeat is allowed. */
  take(): boolean {
    this.#tokens = Math.max(0, this.#tokens - 1);
    return this.#tokens > tokensMax / 2;
  }
}
