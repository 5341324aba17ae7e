// Bytes of the frames that were sent lately, of all topics, one after another in memory that goes round: new frames
// overwrite the oldest. So keeping them costs no garbage collection, and never more than its bound.

import { arenaBytesMax } from '../limits.ts';

/** A larger frame is sent without being kept. */
const frameBytesMax = 256 * 1024;
/** Ahead of the head so much counts as overwritten: an event that is taken back has two frames, each behind a gap. */
const overwrittenBytes = 4 * frameBytesMax;
/** Bytes that a UTF-16 unit may need in UTF-8. */
const bytesPerUnitMax = 3;

export class Arena {
  /**
   * Taken whole, so that the collector of garbage hears of it once: memory that grows beside its heap makes it collect
   * again and again. The system gives a page when it is first written to, so what is not used costs nothing.
   */
  readonly #bytes: Buffer;
  /** Where the next frame goes, counted from the start of time; a frame never crosses the memory's end. */
  #head = 0;

  /** `bytesMax` is more than 1 MiB. */
  constructor(bytesMax = arenaBytesMax) {
    this.#bytes = Buffer.allocUnsafeSlow(bytesMax);
  }

  /** Where the next frame would be; `head - place` is the frame's length right after it was written. */
  get head(): number {
    return this.#head;
  }

  /** Writes `head`, `text` and a closing brace. Returns its place; -1 for a frame that is too large to be kept. */
  writeJson(head: string, text: string): number {
    const most = (head.length + text.length) * bytesPerUnitMax + 1;
    if (most > frameBytesMax) return -1;
    const place = this.#placeFor(most);
    this.#head = place + this.#bytes.write(`${head}${text}}`, place % this.#bytes.length, 'utf8');
    return place;
  }

  /** Writes bytes as they are. Returns their place; -1 for a frame that is too large to be kept. */
  writeBytes(bytes: Uint8Array): number {
    if (bytes.length > frameBytesMax) return -1;
    const place = this.#placeFor(bytes.length);
    this.#bytes.set(bytes, place % this.#bytes.length);
    this.#head = place + bytes.length;
    return place;
  }

  /** Takes back everything from this place on: what was only to be sent. */
  rewind(place: number): void {
    this.#head = place;
  }

  /** The frame's bytes, valid in this turn only; undefined when they were overwritten. */
  view(place: number, length: number): Uint8Array | undefined {
    if (place < 0 || place < this.#head + overwrittenBytes - this.#bytes.length) return undefined;
    const at = place % this.#bytes.length;
    return this.#bytes.subarray(at, at + length);
  }

  #placeFor(most: number): number {
    const left = this.#bytes.length - (this.#head % this.#bytes.length);
    return left >= most ? this.#head : this.#head + left;
  }
}
