// Keeps one process of the mesh running: starts it, says when it is ready, and starts it again when it dies, later each
// time it dies young.

import { setTimeout as delay } from 'node:timers/promises';
import { Child, type ChildOptions } from './child.ts';
import type { Screen } from './screen.ts';

export type SupervisorOptions = Omit<ChildOptions, 'onLine'> & {
  readonly name: string;
  readonly screen: Screen;
  /** How long it may take to end when asked. */
  readonly endWithinMs: number;
};

export const restartMsMin = 200;
export const restartMsMax = 10_000;
/** A process that ran this long and then died is started again at once. */
const steadyMs = 5_000;

export class Supervisor {
  readonly name: string;
  readonly #options: SupervisorOptions;
  readonly #stopping = new AbortController();
  #child: Child | undefined;
  #running: Promise<void> | undefined;

  constructor(options: SupervisorOptions) {
    this.name = options.name;
    this.#options = options;
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /** Resolves to where it listens. Throws when its first start fails: that is for a person to mend. */
  async start(): Promise<string> {
    const child = this.#spawn();
    const address = await child.listening;
    this.#running = this.#keep(child);
    return address;
  }

  /** Ends it in order, and does not start it again. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#child?.end(this.#options.endWithinMs);
    await this.#running;
  }

  /** Ends it at once. */
  kill(): void {
    this.#stopping.abort();
    this.#child?.kill();
  }

  #spawn(): Child {
    const { name, screen } = this.#options;
    const child = new Child({ ...this.#options, onLine: (line) => screen.line(name, line) });
    this.#child = child;
    return child;
  }

  async #keep(first: Child): Promise<void> {
    const { name, screen } = this.#options;
    let child = first;
    let waitMs = restartMsMin;
    for (;;) {
      const startedAt = Date.now();
      const { code, signal } = await child.ended;
      if (this.#stopping.signal.aborted) return;
      waitMs = Date.now() - startedAt > steadyMs ? restartMsMin : waitMs;
      screen.say(`${name} ended (${signal ?? `code ${code}`}); starting it again in ${waitMs / 1_000} s`);
      await delay(waitMs, undefined, { signal: this.#stopping.signal }).catch(() => {});
      if (this.#stopping.signal.aborted) return;
      waitMs = Math.min(waitMs * 2, restartMsMax);
      child = this.#spawn();
      child.listening.then(
        () => screen.say(`${name} is back (process ${this.pid})`),
        () => {},
      );
    }
  }
}
