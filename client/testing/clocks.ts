// Clocks for tests: one that stands until it is moved, and one that runs fast.

import type { Clock } from '../clock.ts';

type Waiting = { readonly at: number; readonly run: () => void };

export class StandingClock implements Clock {
  chance = 0;
  #now = Date.parse('2026-01-01T06:00:00Z');
  #waiting: Waiting[] = [];

  now(): number {
    return this.#now;
  }

  random(): number {
    return this.chance;
  }

  after(delayMs: number, run: () => void) {
    const waiting = { at: this.#now + delayMs, run };
    this.#waiting.push(waiting);
    return {
      cancel: () => {
        this.#waiting = this.#waiting.filter((other) => other !== waiting);
      },
    };
  }

  /** Timers that wait. */
  get waiting(): number {
    return this.#waiting.length;
  }

  /** The machine sleeps: what was due meanwhile runs late. Below 0: the clock is set back. */
  sleep(ms: number): void {
    this.#now += ms;
    this.move(0);
  }

  /** Runs what is due until then, in order. */
  move(ms: number): void {
    const until = this.#now + ms;
    for (;;) {
      const due = this.#waiting.filter(({ at }) => at <= until).sort((one, other) => one.at - other.at)[0];
      if (due === undefined) break;
      this.#waiting = this.#waiting.filter((other) => other !== due);
      this.#now = Math.max(this.#now, due.at);
      due.run();
    }
    this.#now = until;
  }
}

/** Waits that take a hundredth of their time: for tests with real sockets. */
export const fastClock: Clock = {
  now: () => Date.now(),
  random: () => Math.random(),
  after: (delayMs, run) => {
    const handle = setTimeout(run, delayMs >= 10_000 ? delayMs : delayMs / 100);
    return { cancel: () => clearTimeout(handle) };
  },
};
