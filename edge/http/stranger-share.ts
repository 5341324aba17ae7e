// What the bodies of requests hold here before it is known who sends them: all strangers together have so much room.

import { refuse } from '../../mesh/errors/refuse.ts';

export type BodyBounds = {
  /** Of one body that is kept whole. */
  readonly bytesMax: number;
  /** Of all bodies whose senders are not known yet. */
  readonly strangerBytesMax: number;
  strangerBytes: number;
};

/** When somebody may try again who found no room. */
const roomRetryMs = 1_000;

/** The part of it that one body takes. */
export class StrangerShare {
  readonly #bounds: BodyBounds;
  #bytes = 0;
  #released = false;

  constructor(bounds: BodyBounds) {
    this.#bounds = bounds;
  }

  /** Counts what came. Throws OVERLOADED where there is no room for it. */
  take(bytes: number): void {
    if (this.#released) return;
    if (this.#bounds.strangerBytes + bytes > this.#bounds.strangerBytesMax) {
      throw refuse('OVERLOADED', { retryAfterMs: roomRetryMs });
    }
    this.#bytes += bytes;
    this.#bounds.strangerBytes += bytes;
  }

  /** The sender is known, or the body is gone: it counts no more, nor does what still comes. */
  release(): void {
    this.#released = true;
    this.#bounds.strangerBytes -= this.#bytes;
    this.#bytes = 0;
  }
}
