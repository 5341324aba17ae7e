// One call on a Link that is not answered yet: what it takes to answer it, to give it up, or to make it again.

import type { CircuitError } from '../../errors/circuit-error.ts';
import type { Logger } from '../../telemetry/log.ts';
import type { LinkCall } from '../links.ts';
import type { Link } from './link.ts';

export class PendingCall {
  readonly call: LinkCall;
  /** By `performance.now()`. */
  readonly deadlineMs: number;
  /** Its number on its Link. */
  id = 0;
  link: Link | undefined;
  /** Present while its socket and key are held to a Link. */
  pin: Pin | undefined;
  /** It was on a Link that was lost, and was made again. */
  repeated = false;
  #settled = false;

  readonly #log: Logger;

  constructor(call: LinkCall, now: number, log: Logger) {
    this.call = call;
    this.#log = log;
    this.deadlineMs = now + Math.min(call.timeoutMs ?? call.method.timeoutMs, call.method.timeoutMs);
  }

  get settled(): boolean {
    return this.#settled;
  }

  /** Milliseconds until its deadline, at least 1. */
  msLeft(): number {
    return Math.max(1, Math.round(this.deadlineMs - performance.now()));
  }

  /** Calls `done`, the first time only. */
  settle(error: CircuitError | undefined, response: Uint8Array | undefined): void {
    if (this.#settled) return;
    this.#settled = true;
    this.pin?.release();
    try {
      this.call.done(error, response);
    } catch (fault) {
      this.#log.error({ method: this.call.method.name, err: fault }, 'an answer could not be taken');
    }
  }
}

/** Calls of one socket with one key that are to stay on one Link, in order, while any of them is unanswered. */
export class Pin {
  readonly link: Link;
  readonly #onEmpty: () => void;
  #calls = 0;

  constructor(link: Link, onEmpty: () => void) {
    this.link = link;
    this.#onEmpty = onEmpty;
  }

  hold(pending: PendingCall): void {
    this.#calls += 1;
    pending.pin = this;
  }

  release(): void {
    this.#calls -= 1;
    if (this.#calls === 0) this.#onEmpty();
  }
}
