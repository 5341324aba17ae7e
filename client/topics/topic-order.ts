// One topic's events in the order of their numbers, each once, whatever order and however often they arrive.
// Pure: `offer` answers what may be delivered now, and keeps what came too early.

/** Events that came before one that is missing; above this they are dropped and the sync RPC brings them again. */
export const heldMax = 1_000;

export type TopicEvent = { readonly seq: number; readonly event: string; readonly data: unknown };

export class TopicOrder {
  /** The number of the last event delivered. */
  position: number;
  readonly #held = new Map<number, TopicEvent>();

  constructor(position: number) {
    this.position = position;
  }

  /** Whether events wait for one that is missing. */
  get gap(): boolean {
    return this.#held.size > 0;
  }

  /** The number before the first event that waits. */
  get lowestHeld(): number | undefined {
    return this.gap ? Math.min(...this.#held.keys()) - 1 : undefined;
  }

  /** The events that are next, oldest first. */
  offer(event: TopicEvent): readonly TopicEvent[] {
    if (event.seq <= this.position) return [];
    if (event.seq > this.position + 1) {
      if (this.#held.size < heldMax) this.#held.set(event.seq, event);
      return [];
    }
    this.position = event.seq;
    return [event, ...this.#next()];
  }

  /** Goes on from there without the events before: they can't be had any more, or are known in another way. */
  jump(position: number): readonly TopicEvent[] {
    this.position = Math.max(this.position, position);
    for (const seq of this.#held.keys()) if (seq <= this.position) this.#held.delete(seq);
    return this.#next();
  }

  #next(): readonly TopicEvent[] {
    const next: TopicEvent[] = [];
    for (let event = this.#held.get(this.position + 1); event; event = this.#held.get(this.position + 1)) {
      this.#held.delete(event.seq);
      this.position = event.seq;
      next.push(event);
    }
    return next;
  }
}
