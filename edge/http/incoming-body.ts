// The body of one HTTP request, kept as it comes in. What comes before its sender is known counts against what all
// strangers together may have here; whoever asked for it drops it when it is done with it.

import type { CircuitError } from '../../mesh/errors/circuit-error.ts';
import { refuse } from '../../mesh/errors/refuse.ts';

export type BodyBounds = {
  /** Of one body. */
  readonly bytesMax: number;
  /** Of all bodies whose senders are not known yet. */
  readonly strangerBytesMax: number;
  strangerBytes: number;
};

/** When somebody may try again who found no room. */
const roomRetryMs = 1_000;

export class IncomingBody {
  /** All of it. Rejects with TOO_LARGE, OVERLOADED (no room for a stranger's) or what `fail` was given. */
  readonly whole: Promise<Uint8Array>;
  /** Rejects when `whole` does, and never resolves: to be raced with what is waited for first. */
  readonly failed: Promise<never>;
  readonly #bounds: BodyBounds;
  readonly #chunks: Uint8Array[] = [];
  #resolve: (bytes: Uint8Array) => void = () => {};
  #reject: (error: CircuitError) => void = () => {};
  #size = 0;
  /** Of its bytes, those that count as a stranger's. */
  #counted = 0;
  #trusted = false;
  #dropped = false;

  constructor(bounds: BodyBounds) {
    this.#bounds = bounds;
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
    const { bytesMax, strangerBytes, strangerBytesMax } = this.#bounds;
    this.#size += chunk.byteLength;
    if (this.#size > bytesMax) {
      this.fail(refuse('TOO_LARGE', { metadata: { bytes_max: String(bytesMax) } }));
      return;
    }
    if (!this.#trusted) {
      if (strangerBytes + chunk.byteLength > strangerBytesMax) {
        this.fail(refuse('OVERLOADED', { retryAfterMs: roomRetryMs }));
        return;
      }
      this.#counted += chunk.byteLength;
      this.#bounds.strangerBytes += chunk.byteLength;
    }
    this.#chunks.push(new Uint8Array(chunk.slice(0)));
    if (isLast) this.#resolve(Buffer.concat(this.#chunks));
  }

  /** Its sender is known: it is no stranger's any more. */
  trust(): void {
    this.#trusted = true;
    this.#bounds.strangerBytes -= this.#counted;
    this.#counted = 0;
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
