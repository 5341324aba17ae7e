// Peers that are connected and yet do not answer: after some failures in a row they are asked nothing for a while, so
// that calls do not wait for them. Never more than half of those that could be asked: rather a slow answer than none.

/** Failures without an answer between them, after which a peer is left out. */
export const failuresMax = 5;
/** So long it is left out the first time; doubled each time up to the last, and random between half of it and all. */
const outMsMin = 5_000;
const outMsMax = 60_000;

type Record = { failures: number; times: number; outUntil: number };

export class Outliers {
  readonly #clock: () => number;
  readonly #onOut: () => void;
  readonly #records = new Map<string, Record>();

  /** `clock` in milliseconds, never going back. */
  constructor(clock: () => number = () => performance.now(), onOut: () => void = () => {}) {
    this.#clock = clock;
    this.#onOut = onOut;
  }

  /** The peer answered, whatever it said. */
  answered(address: string): void {
    const record = this.#records.get(address);
    // Calls of before may still be answered while it is out.
    if (record !== undefined && record.outUntil <= this.#clock()) this.#records.delete(address);
  }

  /** The peer could not be reached, or said nothing in a time that would have been enough. */
  failed(address: string): void {
    const now = this.#clock();
    const record = this.#records.get(address) ?? { failures: 0, times: 0, outUntil: 0 };
    this.#records.set(address, record);
    if (record.outUntil > now) return;
    record.failures += 1;
    if (record.failures < failuresMax) return;
    // Back again, the first failure is one too many.
    record.failures = failuresMax - 1;
    record.outUntil = now + Math.min(outMsMin * 2 ** record.times, outMsMax) * (0.5 + Math.random() / 2);
    record.times += 1;
    this.#onOut();
  }

  /** Those of the addresses that may be asked: at least half of them, the first to be left out staying so. */
  sound(addresses: readonly string[]): readonly string[] {
    if (this.#records.size === 0) return addresses;
    const now = this.#clock();
    const until = (address: string) => this.#records.get(address)?.outUntil ?? 0;
    const out = addresses.filter((address) => until(address) > now).sort((one, other) => until(one) - until(other));
    const left = new Set(out.slice(0, Math.floor(addresses.length / 2)));
    return left.size === 0 ? addresses : addresses.filter((address) => !left.has(address));
  }

  /** Remembers only what is known of these. */
  keep(addresses: ReadonlySet<string>): void {
    for (const address of this.#records.keys()) if (!addresses.has(address)) this.#records.delete(address);
  }
}
