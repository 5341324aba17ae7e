// Who types now in one conversation. An indicator lives 5 s unless it is renewed; nobody has to say that it ended.

import type { TypingIndicatorEvent } from '../../gen/json/api.ts';
import type { Clock, Timer } from '../clock.ts';

/** The server's life of an indicator, counted from its arrival: the two clocks need not agree. */
const typingMs = 5_000;
/** Of a large group the first ones are enough to say "several people". */
const typistsMax = 20;

export type Typist = { readonly user_key: string; readonly display_name: string };

export class Typing {
  readonly #clock: Clock;
  readonly #changed: () => void;
  readonly #typists = new Map<string, { readonly name: string; readonly end: Timer }>();

  constructor(clock: Clock, changed: () => void) {
    this.#clock = clock;
    this.#changed = changed;
  }

  get typists(): readonly Typist[] {
    return Array.from(this.#typists, ([user_key, { name }]) => ({ user_key, display_name: name }));
  }

  heard({ user_key, display_name = '', typing }: TypingIndicatorEvent): void {
    if (!typing) this.stopped(user_key);
    const known = this.#typists.get(user_key);
    if (!typing) return;
    if (known === undefined && this.#typists.size >= typistsMax) return;
    known?.end.cancel();
    this.#typists.set(user_key, {
      name: display_name,
      end: this.#clock.after(typingMs, () => this.stopped(user_key)),
    });
    if (known === undefined) this.#changed();
  }

  /** They stopped, or their message came. */
  stopped(userKey: string): void {
    const known = this.#typists.get(userKey);
    if (known === undefined) return;
    known.end.cancel();
    this.#typists.delete(userKey);
    this.#changed();
  }

  close(): void {
    for (const { end } of this.#typists.values()) end.cancel();
    this.#typists.clear();
  }
}
