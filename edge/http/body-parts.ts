// The body of a long HTTP request, in parts: while nobody asks for the next one the client is not read from, so that no
// more of it is here than one part and what the kernel hands over at a time.

import type { HttpResponse } from 'uWebSockets.js';
import type { CircuitError } from '../../mesh/errors/circuit-error.ts';
import { coerce } from '../../mesh/errors/coerce.ts';
import { refuse } from '../../mesh/errors/refuse.ts';
import { bodyPartBytes } from '../limits.ts';
import { type BodyBounds, StrangerShare } from './stranger-share.ts';

export class BodyParts {
  readonly #response: Pick<HttpResponse, 'pause' | 'resume'>;
  readonly #share: StrangerShare;
  #kept: Buffer = Buffer.alloc(0);
  #isWhole = false;
  #isPaused = true;
  #failure: CircuitError | undefined;
  #wake: () => void = () => {};

  /** In the turn of the request. */
  constructor(response: Pick<HttpResponse, 'pause' | 'resume'>, bounds: BodyBounds) {
    this.#response = response;
    this.#share = new StrangerShare(bounds);
    response.pause();
  }

  /** `chunk` is only valid during the call. */
  take(chunk: ArrayBuffer, isLast: boolean): void {
    if (this.#failure !== undefined) return;
    try {
      this.#share.take(chunk.byteLength);
    } catch (error) {
      this.fail(coerce(error));
      return;
    }
    this.#kept = Buffer.concat([this.#kept, Buffer.from(chunk)]);
    this.#isWhole = isLast;
    // The connection may bring another request after this one: it is never left paused.
    if (isLast) this.#pause(false);
    else if (this.#kept.length >= bodyPartBytes) this.#pause(true);
    this.#wake();
  }

  /** Its sender is known. */
  trust(): void {
    this.#share.release();
  }

  /** The next part, full but for the last one; undefined after that. Rejects with what `fail` was given. */
  async next(): Promise<Uint8Array | undefined> {
    while (this.#failure === undefined && !this.#isWhole && this.#kept.length < bodyPartBytes) {
      const more = new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      this.#pause(false);
      await more;
    }
    if (this.#failure !== undefined) throw this.#failure;
    if (this.#kept.length === 0) return undefined;
    const part = this.#kept.subarray(0, bodyPartBytes);
    this.#kept = this.#kept.subarray(bodyPartBytes);
    return part;
  }

  fail(error: CircuitError): void {
    this.#failure ??= error;
    this.#kept = Buffer.alloc(0);
    this.trust();
    this.#wake();
  }

  /** The client has left, and its connection may not be touched any more. */
  lose(): void {
    this.#isPaused = false;
    this.fail(refuse('CANCELLED'));
  }

  /** Nobody reads it any more: what else comes is let go. Before the answer, unless all of it came. */
  drop(): void {
    this.fail(refuse('CANCELLED'));
    this.#pause(false);
  }

  #pause(pause: boolean): void {
    if (this.#isPaused === pause) return;
    this.#isPaused = pause;
    if (pause) this.#response.pause();
    else this.#response.resume();
  }
}
