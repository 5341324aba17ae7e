// Bytes of the frames that were sent lately, of all topics, one after another in memory that goes round: new frames
// overwrite the oldest. So keeping them costs no garbage collection, and never more than its bound.

import { arenaBytesMax } from '../limits.ts';

const chunkBytes = 1024 * 1024;
/** A larger frame is sent without being kept. */
const frameBytesMax = chunkBytes / 4;
/** Bytes that a UTF-16 unit may need in UTF-8. */
const bytesPerUnitMax = 3;
const closingBrace = 0x7d;

export class Arena {
  readonly #chunks: Buffer[] = [];
  readonly #count: number;
  /** Where the next frame goes, counted from the start of time; a frame never crosses a chunk's end. */
  #head = 0;

  /** Memory is taken as it is needed, in megabytes up to `bytesMax`. */
  constructor(bytesMax = arenaBytesMax) {
    this.#count = Math.max(2, Math.floor(bytesMax / chunkBytes));
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
    const chunk = this.#chunkAt(place);
    let at = place % chunkBytes;
    at += chunk.write(head, at, 'utf8');
    at += chunk.write(text, at, 'utf8');
    chunk[at++] = closingBrace;
    this.#head = place - (place % chunkBytes) + at;
    return place;
  }

  /** Writes bytes as they are. Returns their place; -1 for a frame that is too large to be kept. */
  writeBytes(bytes: Uint8Array): number {
    if (bytes.length > frameBytesMax) return -1;
    const place = this.#placeFor(bytes.length);
    this.#chunkAt(place).set(bytes, place % chunkBytes);
    this.#head = place + bytes.length;
    return place;
  }

  /** Takes back everything from this place on: what was only to be sent. */
  rewind(place: number): void {
    this.#head = place;
  }

  /** The frame's bytes, valid in this turn only; undefined when they were overwritten. */
  view(place: number, length: number): Uint8Array | undefined {
    // The chunk that is being written to holds nothing old behind its head.
    if (place < 0 || place < this.#head - (this.#count - 1) * chunkBytes) return undefined;
    const at = place % chunkBytes;
    return this.#chunks[Math.floor(place / chunkBytes) % this.#count]?.subarray(at, at + length);
  }

  #placeFor(most: number): number {
    const left = chunkBytes - (this.#head % chunkBytes);
    return left >= most ? this.#head : this.#head + left;
  }

  #chunkAt(place: number): Buffer {
    const n = Math.floor(place / chunkBytes) % this.#count;
    let chunk = this.#chunks[n];
    if (chunk === undefined) {
      chunk = Buffer.allocUnsafeSlow(chunkBytes);
      this.#chunks[n] = chunk;
    }
    return chunk;
  }
}
