// Bytes of the frames that were sent lately, of all topics, one after another in memory that goes round: new frames
// overwrite the oldest. So keeping them costs no garbage collection, and never more than its bound.

import { arenaBytesMax } from '../limits.ts';

/** A larger frame is sent without being kept. */
const frameBytesMax = 256 * 1024;

export class Arena {
  /**
   * Taken whole, so that the collector of garbage hears of it once: memory that grows beside its heap makes it collect
   * again and again. The system gives a page when it is first written to, so what is not used costs nothing.
   */
  readonly #bytes: Buffer;
  /** Where the next frame goes, counted from the start of time; a frame never crosses the memory's end. */
  #head = 0;

  /** `bytesMax` is at least what a frame may have. */
  constructor(bytesMax = arenaBytesMax) {
    this.#bytes = Buffer.allocUnsafeSlow(bytesMax);
  }

  /** Keeps a frame. Returns its place; -1 where it is too large. */
  write(frame: Uint8Array): number {
    const { length } = frame;
    if (length > frameBytesMax) return -1;
    const left = this.#bytes.length - (this.#head % this.#bytes.length);
    const place = left >= length ? this.#head : this.#head + left;
    this.#bytes.set(frame, place % this.#bytes.length);
    this.#head = place + length;
    return place;
  }

  /** The frame's bytes, valid in this turn only; undefined when they were overwritten. */
  view(place: number, length: number): Uint8Array | undefined {
    if (place < 0 || place < this.#head - this.#bytes.length) return undefined;
    const at = place % this.#bytes.length;
    return this.#bytes.subarray(at, at + length);
  }
}
