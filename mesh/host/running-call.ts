// One call on its way through a handler: the context that the handler sees. What is rarely asked for (the signal, a
// logger, work for the end) is made on asking, so that a call that needs none of it costs one small object.

import type { CircuitError } from '../errors/circuit-error.ts';
import { refuse } from '../errors/refuse.ts';
import type { Caller } from '../service/caller.ts';
import type { Abortable, Context } from '../service/context.ts';
import type { Logger } from '../telemetry/log.ts';
import type { OpenSpan } from '../telemetry/trace.ts';
import type { BoundMethod } from './bound-method.ts';

/** The longest delay that a timer of Node and Deno takes, in milliseconds. */
const timerMsMax = 2 ** 31 - 1;

export type CallStart = {
  readonly method: BoundMethod;
  readonly caller: Caller;
  readonly now: number;
  /** Milliseconds since 1970. */
  readonly deadline: number;
  readonly traceparent: string;
  /** Where the call is traced. */
  readonly span: OpenSpan | undefined;
  readonly log: Logger;
};

export class RunningCall implements Context<unknown>, Abortable {
  readonly method: BoundMethod;
  readonly caller: Caller;
  readonly now: number;
  readonly deadline: number;
  readonly traceparent: string;
  /** When it began, by `performance.now()`. */
  readonly startedMs = performance.now();
  readonly #span: OpenSpan | undefined;
  readonly #log: Logger;
  #childLog: Logger | undefined;
  #controller: AbortController | undefined;
  #reason: CircuitError | undefined;
  #listeners: (() => void)[] | undefined;
  #timer: NodeJS.Timeout | undefined;
  #endings: (() => void)[] | undefined;
  #ended = false;

  constructor(start: CallStart) {
    this.method = start.method;
    this.caller = start.caller;
    this.now = start.now;
    this.deadline = start.deadline;
    this.traceparent = start.traceparent;
    this.#span = start.span;
    this.#log = start.log;
  }

  get service(): unknown {
    return this.method.state;
  }

  get log(): Logger {
    this.#childLog ??= this.#log.child({ method: this.method.schema.name, caller: this.caller.key });
    return this.#childLog;
  }

  get signal(): AbortSignal {
    if (this.#controller !== undefined) return this.#controller.signal;
    this.#controller = new AbortController();
    if (this.#reason !== undefined) this.#controller.abort(this.#reason);
    else this.#armDeadline();
    return this.#controller.signal;
  }

  get abortable(): Abortable {
    return this;
  }

  get reason(): unknown {
    return this.#reason;
  }

  throwIfAborted(): void {
    if (this.#reason !== undefined) throw this.#reason;
  }

  addEventListener(_: 'abort', listener: () => void): void {
    if (this.#reason !== undefined) return;
    this.#listeners ??= [];
    this.#listeners.push(listener);
    this.#armDeadline();
  }

  removeEventListener(_: 'abort', listener: () => void): void {
    const at = this.#listeners?.indexOf(listener) ?? -1;
    if (at >= 0) this.#listeners?.splice(at, 1);
  }

  onEnd(work: () => void): void {
    if (this.#ended) {
      work();
      return;
    }
    this.#endings ??= [];
    this.#endings.push(work);
  }

  /** Tells the handler that nobody waits any more. What it has decided already may stand all the same. */
  abort(reason: 'CANCELLED' | 'DEADLINE_EXCEEDED'): void {
    if (this.#ended || this.#reason !== undefined) return;
    this.#reason = refuse(reason);
    this.#controller?.abort(this.#reason);
    for (const listener of this.#listeners?.splice(0) ?? []) listener();
  }

  /** Runs what was asked to run at the end, each once, whatever the others do. */
  end(error: CircuitError | undefined): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#span?.end(error);
    if (this.#timer !== undefined) clearTimeout(this.#timer);
    if (this.#endings === undefined) return;
    for (const work of this.#endings) {
      try {
        work();
      } catch (error) {
        this.log.error({ err: error }, 'work for the end of a call failed');
      }
    }
  }

  #armDeadline(): void {
    if (this.#ended || this.#timer !== undefined) return;
    const leftMs = this.deadline - this.now;
    if (leftMs <= 0) {
      this.abort('DEADLINE_EXCEEDED');
      return;
    }
    this.#timer = setTimeout(() => this.abort('DEADLINE_EXCEEDED'), Math.min(leftMs, timerMsMax));
    this.#timer.unref();
  }
}
