// What this user got and read, on its way to the server: coalesced per conversation, at most one delivered call a
// second, kept while there is no connection. Positions only rise, so the newest says it all.

import type { MarkDeliveredRequest, MarkReadRequest } from '../../gen/json/api.ts';
import { isTransient } from '../call-error.ts';
import type { Clock, Timer } from '../clock.ts';

/** Between two calls that acknowledge deliveries. */
export const deliveredEveryMs = 1_000;
/** Between two calls that move read positions: faster than this nobody reads. */
const readEveryMs = 300;
/** Positions in one call; the server takes no more. */
const positionsMax = 100;
/** Conversations whose positions wait; a user is in no more. */
const conversationsMax = 5_000;

export type WatermarksOptions = {
  readonly clock: Clock;
  attached(): boolean;
  delivered(request: MarkDeliveredRequest): Promise<unknown>;
  read(request: MarkReadRequest): Promise<unknown>;
};

type Position = readonly [conversationId: string, seq: number];
/** Tells them, and answers with those to be told again. What was refused for good is not: its conversation was left. */
type Tell = (positions: readonly Position[]) => Promise<readonly Position[]>;

const none = (): readonly Position[] => [];

export class Watermarks {
  readonly #options: WatermarksOptions;
  readonly #delivered: Rising;
  readonly #read: Rising;

  constructor(options: WatermarksOptions) {
    this.#options = options;
    this.#delivered = new Rising(options, deliveredEveryMs, (positions) => {
      const told = positions.map(([conversation_id, seq]) => ({ conversation_id, seq }));
      return options.delivered({ positions: told }).then(none, (error) => (isTransient(error) ? positions : []));
    });
    this.#read = new Rising(options, readEveryMs, async (positions) => {
      const left = positions.map((position) => {
        const [conversation_id, seq] = position;
        return options.read({ conversation_id, seq }).then(none, (error) => (isTransient(error) ? [position] : []));
      });
      return (await Promise.all(left)).flat();
    });
  }

  delivered(conversationId: string, seq: number): void {
    this.#delivered.raise(conversationId, seq);
  }

  read(conversationId: string, seq: number): void {
    this.#read.raise(conversationId, seq);
  }

  attached(): void {
    if (!this.#options.attached()) return;
    this.#delivered.flushLater();
    this.#read.flushLater();
  }

  close(): void {
    this.#delivered.close();
    this.#read.close();
  }
}

/** Positions that wait to be told; the first after this turn, those after it no sooner than the interval allows. */
class Rising {
  readonly #options: WatermarksOptions;
  readonly #everyMs: number;
  readonly #tell: Tell;
  readonly #waiting = new Map<string, number>();
  readonly #told = new Map<string, number>();
  #timer: Timer | undefined;
  #toldAt = 0;
  #busy = false;
  #closed = false;

  constructor(options: WatermarksOptions, everyMs: number, tell: Tell) {
    this.#options = options;
    this.#everyMs = everyMs;
    this.#tell = tell;
  }

  raise(conversationId: string, seq: number): void {
    const known = Math.max(this.#waiting.get(conversationId) ?? 0, this.#told.get(conversationId) ?? 0);
    if (seq <= known || (this.#waiting.size >= conversationsMax && !this.#waiting.has(conversationId))) return;
    this.#waiting.set(conversationId, seq);
    this.flushLater();
  }

  flushLater(): void {
    if (this.#timer !== undefined || this.#busy || this.#waiting.size === 0 || !this.#options.attached()) return;
    const { clock } = this.#options;
    // No more than the interval, also after the clock was set back.
    const delayMs = Math.min(this.#everyMs, Math.max(0, this.#toldAt + this.#everyMs - clock.now()));
    this.#timer = clock.after(delayMs, () => {
      this.#timer = undefined;
      void this.#flush();
    });
  }

  close(): void {
    this.#closed = true;
    this.#timer?.cancel();
    this.#waiting.clear();
  }

  async #flush(): Promise<void> {
    const page = [...this.#waiting].slice(0, positionsMax);
    if (page.length === 0 || !this.#options.attached()) return;
    for (const [conversationId] of page) this.#waiting.delete(conversationId);
    this.#busy = true;
    this.#toldAt = this.#options.clock.now();
    const again = await this.#tell(page);
    this.#busy = false;
    if (this.#closed) return;
    // Told with the next one, or with the next connection: a position that waits is never older than this.
    for (const [conversationId, seq] of page) {
      const waits = again.some(([id]) => id === conversationId);
      if (!waits) this.#remember(conversationId, seq);
      else this.#waiting.set(conversationId, Math.max(seq, this.#waiting.get(conversationId) ?? 0));
    }
    this.flushLater();
  }

  #remember(conversationId: string, seq: number): void {
    if (this.#told.size >= conversationsMax) this.#told.clear();
    this.#told.set(conversationId, seq);
  }
}
