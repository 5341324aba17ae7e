// Lines about what callers did wrong, at info, and others that come with each call. However much goes wrong, a process
// writes only so many in a second; the next line says how many were left out.

import type { CircuitError } from '../errors/circuit-error.ts';
import type { Reason } from '../errors/reasons.ts';
import type { Logger } from './log.ts';
import type { LogFields } from './names.ts';

/** Lines in a second, over time, and at once. */
export const refusalsPerSecond = 50;
export const refusalsAtOnce = 500;

/** Told where they come about, with their cause; who gives a call up is no news. */
const toldElsewhere: ReadonlySet<Reason> = new Set(['INTERNAL', 'STORE_UNAVAILABLE', 'CANCELLED']);

export type Refusal = LogFields & { readonly reason: Reason };

/** Reasons that are not all: the keys of tokens are not to be had, or the token is for somebody else. */
const toldWithCause: ReadonlySet<Reason> = new Set(['UNAVAILABLE', 'TOKEN_INVALID']);

type Write = (fields: LogFields, message: string) => void;

export class RefusalLog {
  readonly #log: Logger;
  /** Milliseconds, of any origin. */
  readonly #clock: () => number;
  #left = refusalsAtOnce;
  #filledMs: number;
  #untold = 0;

  constructor(log: Logger, clock: () => number = () => performance.now()) {
    this.#log = log;
    this.#clock = clock;
    this.#filledMs = clock();
  }

  /** A request that was refused. */
  refused(fields: Refusal): void {
    if (!toldElsewhere.has(fields.reason)) this.line(fields, 'a request was refused');
  }

  line(fields: LogFields, message: string, write: Write = (all, text) => this.#log.info(all, text)): void {
    const now = this.#clock();
    this.#left = Math.min(refusalsAtOnce, this.#left + ((now - this.#filledMs) / 1_000) * refusalsPerSecond);
    this.#filledMs = now;
    if (this.#left < 1) {
      this.#untold++;
      return;
    }
    this.#left--;
    const untold = this.#untold;
    this.#untold = 0;
    write(untold > 0 ? { ...fields, untold } : fields, message);
  }
}

/** What caused a refusal, where the reason says too little: in words alone, since errors carry what tokens claim. */
export function causeOf({ reason, details: { cause } }: CircuitError): { readonly detail?: string } {
  if (!toldWithCause.has(reason) || !(cause instanceof Error)) return {};
  const below = cause.cause instanceof Error ? `: ${cause.cause.message}` : '';
  return { detail: `${cause.message}${below}` };
}
