// The body of one HTTP request, kept as it comes in. What comes before its sender is known counts against what all
// strangers together may have here; whoever asked for it drops it when it is done with it.

import type { CircuitError } from '../../mesh/errors/circuit-error.ts';
import { coerce } from '../../mesh/errors/coerce.ts';
import { refuse } from '../../mesh/errors/refuse.ts';
import { type BodyBounds, StrangerShare } from './stranger-share.ts';

export class IncomingBody {
  /** All of it. Rejects with TOO_LARGE, OVERLOADED (no room for a stranger's) or what `fail` was given. */
  readonly whole: Promise<Uint8Array>;
  /** Rejects when `whole` does, and never resolves: to be raced with what is waited for first. */
  readonly failed: Promise<never>;
  readonly #bytesMax: number;
  readonly #share: StrangerShare;
  readonly #chunks: Uint8Array[] = [];
  #resolve: (bytes: Uint8Array) => void = () => {};
  #reject: (error: CircuitError) => void = () => {};
  #size = 0;
  #dropped = false;

  constructor(bounds: BodyBounds) {
    this.#bytesMax = bounds.bytesMax;
    this.#share = new StrangerShare(bounds);
    this.whole = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    this.failed = this.whole.then(() => new Promise<never>(() => {}));
    // Nobody may be waiting for it yet.
    this.failed.catch(() => {});
  }

  /** `chunk` is only valid during the call. */
  take(chunk: ArrayBuffer, isLast: boolean): void {
    if (this.#dropped) return;
    this.#size += chunk.byteLength;
    try {
      if (this.#size > this.#bytesMax) throw refuse('TOO_LARGE', { metadata: { bytes_max: String(this.#bytesMax) } });
      this.#share.take(chunk.byteLength);
    } catch (error) {
      this.fail(coerce(error));
      return;
    }
    this.#chunks.push(new Uint8Array(chunk.slice(0)));
    if (!isLast) return;
    this.#resolve(Buffer.concat(this.#chunks));
    this.#chunks.length = 0;
  }

  /** Its sender is known: it is no stranger's any more. */
  trust(): void {
    this.#share.release();
  }

  fail(error: CircuitError): void {
    this.#reject(error);
    this.drop();
  }

  /** Nobody reads it any more: what else comes is not kept. */
  drop(): void {
    this.#dropped = true;
    this.#chunks.length = 0;
    this.trust();
  }
}
