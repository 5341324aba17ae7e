// A DNS name that is looked up again and again. What it last stood for stays while it stands for nothing: a name server
// that fails, or an answer without addresses, says nothing about the processes.

import type { Logger } from '../../telemetry/log.ts';
import { lookUp } from './look-up.ts';
import type { NameTarget } from './target.ts';

/** Addresses of one name: more are not taken. */
export const addressesMax = 256;
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
  #addresses: readonly string[] = [];
  #timer: NodeJS.Timeout | undefined;
  #lookedAt = Number.NEGATIVE_INFINITY;
  #looking = false;
  #failures = 0;
  #closed = false;

  constructor(options: WatchedNameOptions) {
    this.#options = options;
    void this.#look();
  }

  /** As last known. */
  get addresses(): readonly string[] {
    return this.#addresses;
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
      this.#take(found);
    } catch (error) {
      pauseMs = Math.min(lookUpMs, retryMsMin * 2 ** this.#failures);
      this.#failures += 1;
      this.#tellFailure(error);
    }
    this.#looking = false;
    if (!this.#closed) this.#arm(pauseMs * (0.5 + Math.random() / 2));
  }

  #take(found: readonly string[]): void {
    const { target, log, onChange } = this.#options;
    if (this.#closed) return;
    const taken = found.slice(0, addressesMax);
    if (taken.join() === this.#addresses.join()) return;
    if (taken.length < found.length)
      log.warn({ peer: target.name, count: found.length }, 'a name has too many addresses');
    this.#addresses = taken;
    log.info({ peer: target.name, count: taken.length, detail: taken }, 'a name stands for other processes now');
    onChange();
  }

  #tellFailure(error: unknown): void {
    const { target, log } = this.#options;
    // Told once, not at each attempt.
    if (this.#failures > 1 || this.#closed) return;
    const { code } = error as NodeJS.ErrnoException;
    const detail = code ?? (error as Error).message;
    const count = this.#addresses.length;
    log.warn({ peer: target.name, count, detail }, 'a name could not be looked up: the processes last known stay');
  }
}
