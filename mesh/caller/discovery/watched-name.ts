// A DNS name that is looked up again and again, and sooner when somebody lost one of its processes.

import type { Logger } from '../../telemetry/log.ts';
import { LastKnown } from './last-known.ts';
import { lookUp } from './look-up.ts';
import type { NameTarget } from './target.ts';

/** Between two look-ups at most, unless given; each pause is random between half of it and all of it. */
export const lookUpMsDefault = 30_000;
/** After a look-up that brought nothing; doubled up to the pause above. */
const retryMsMin = 200;
/** Between two look-ups that somebody asked for. */
const askedPauseMs = 1_000;

export type WatchedNameOptions = {
  readonly target: NameTarget;
  readonly lookUpMs: number;
  readonly log: Logger;
  readonly onChange: () => void;
};

export class WatchedName {
  readonly #options: WatchedNameOptions;
  readonly #known: LastKnown;
  #timer: NodeJS.Timeout | undefined;
  #lookedAt = Number.NEGATIVE_INFINITY;
  #looking = false;
  #failures = 0;
  #closed = false;

  constructor(options: WatchedNameOptions) {
    this.#options = options;
    this.#known = new LastKnown({ ...options, name: options.target.name });
    void this.#look();
  }

  /** As last known. */
  get addresses(): readonly string[] {
    return this.#known.addresses;
  }

  /** What it stands for may have changed: looks again as soon as that is allowed. */
  lookSoon(): void {
    if (this.#looking || this.#closed) return;
    this.#arm(Math.max(0, this.#lookedAt + Math.min(askedPauseMs, this.#options.lookUpMs) - performance.now()));
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
  }

  #arm(afterMs: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#look(), afterMs);
    this.#timer.unref();
  }

  async #look(): Promise<void> {
    this.#looking = true;
    this.#lookedAt = performance.now();
    const { target, lookUpMs } = this.#options;
    let pauseMs = lookUpMs;
    try {
      const found = await lookUp(target);
      if (found.length === 0) throw new Error('the answer has no addresses');
      this.#failures = 0;
      if (!this.#closed) this.#known.take(found);
    } catch (error) {
      pauseMs = Math.min(lookUpMs, retryMsMin * 2 ** this.#failures);
      this.#failures += 1;
      if (!this.#closed) this.#known.fail(error);
    }
    this.#looking = false;
    if (!this.#closed) this.#arm(pauseMs * (0.5 + Math.random() / 2));
  }
}
