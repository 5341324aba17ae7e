// The processes that a name was last known to stand for. They stay while it stands for nothing: who fails to answer, or
// answers without addresses, says nothing about the processes.

import type { Logger } from '../../telemetry/log.ts';

/** Addresses of one name: more are not taken. */
export const addressesMax = 256;

export type LastKnownOptions = {
  readonly name: string;
  readonly log: Logger;
  readonly onChange: () => void;
};

export class LastKnown {
  readonly #options: LastKnownOptions;
  #addresses: readonly string[] = [];
  #failing = false;

  constructor(options: LastKnownOptions) {
    this.#options = options;
  }

  get addresses(): readonly string[] {
    return this.#addresses;
  }

  /** Takes what was found, sorted. */
  take(found: readonly string[]): void {
    const { name, log, onChange } = this.#options;
    this.#failing = false;
    const taken = found.slice(0, addressesMax);
    if (taken.join() === this.#addresses.join()) return;
    if (taken.length < found.length) log.warn({ peer: name, count: found.length }, 'a name has too many addresses');
    this.#addresses = taken;
    log.info({ peer: name, count: taken.length, detail: taken }, 'a name stands for other processes now');
    onChange();
  }

  /** It could not be looked up. Told once, not at each attempt. */
  fail(error: unknown): void {
    if (this.#failing) return;
    this.#failing = true;
    const { name, log } = this.#options;
    const { code, message } = error as NodeJS.ErrnoException;
    const fields = { peer: name, count: this.#addresses.length, detail: code ?? message };
    log.warn(fields, 'a name could not be looked up: the processes last known stay');
  }
}
