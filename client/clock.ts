// Time and chance as the SDK sees them: handed in, so that tests move the clock instead of waiting.

export type Timer = { cancel(): void };

export type Clock = {
  /** Milliseconds since 1970. */
  now(): number;
  /** At least 0, below 1. */
  random(): number;
  /** Runs once, after so many milliseconds. */
  after(delayMs: number, run: () => void): Timer;
};

export const systemClock: Clock = {
  now: () => Date.now(),
  random: () => Math.random(),
  after: (delayMs, run) => {
    const handle = setTimeout(run, delayMs);
    return { cancel: () => clearTimeout(handle) };
  },
};
