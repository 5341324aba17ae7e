// Messages edited by an event that leaves out what they say now, as it does once somebody came to the conversation
// after them: those that are held here are read again, a little later, each once however often it was edited.

import type { Message } from '../../gen/json/api.ts';
import { isTransient } from '../call-error.ts';
import type { Clock, Timer } from '../clock.ts';

/** Everyone who holds the message asks for it: spread over this time. */
const spreadMs = 2_000;
/** Messages that wait to be read; above it the history is read again instead. */
const waitingMax = 50;

export type RewrittenOptions = {
  readonly clock: Clock;
  /** Rejects with a CallError. */
  get(messageId: string): Promise<Message>;
  /** True while the message is shown here, or may be in a moment. */
  holds(messageId: string): boolean;
  take(message: Message): void;
  /** Too many at once. */
  overflow(): void;
};

export class Rewritten {
  readonly #options: RewrittenOptions;
  readonly #waiting = new Set<string>();
  #timer: Timer | undefined;
  #busy = false;

  constructor(options: RewrittenOptions) {
    this.#options = options;
  }

  add(messageId: string): void {
    if (!this.#options.holds(messageId)) return;
    this.#waiting.add(messageId);
    if (this.#waiting.size > waitingMax) {
      this.forget();
      this.#options.overflow();
    } else this.#readLater();
  }

  forget(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#waiting.clear();
  }

  #readLater(): void {
    if (this.#timer !== undefined || this.#busy || this.#waiting.size === 0) return;
    const { clock } = this.#options;
    this.#timer = clock.after(clock.random() * spreadMs, () => {
      this.#timer = undefined;
      void this.#readAll();
    });
  }

  async #readAll(): Promise<void> {
    this.#busy = true;
    for (const messageId of [...this.#waiting]) {
      // An edit that comes while it is read lets it be read once more.
      if (!this.#waiting.delete(messageId) || !this.#options.holds(messageId)) continue;
      try {
        this.#options.take(await this.#options.get(messageId));
      } catch (error) {
        // One who may not read it has nothing to show.
        if (isTransient(error)) this.#waiting.add(messageId);
      }
    }
    this.#busy = false;
    this.#readLater();
  }
}
