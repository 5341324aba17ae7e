// The queue of one log: places in the order of arrival, each filled by its handler when it has asked what it must.

import { coerce } from '../../../mesh/errors/coerce.ts';
import { refuse } from '../../../mesh/errors/refuse.ts';
import type { LogState, StoredEntry } from './log-kind.ts';
import type { Pending, Place } from './operation.ts';

export const queueLimits = {
  /** Places in one log's queue. */
  placesMax: 10_000,
  /** Decisions of one run that read documents, since those behind the first may have to read again. */
  readersMax: 16,
  overloadRetryMs: 500,
} as const;

export class Queue<State extends LogState, Entry extends StoredEntry, Body extends object> {
  #places: Place<State, Entry, Body>[] = [];
  /** Requests between their place and their result. */
  readonly #inFlight = new Map<string, Pending<State, Entry, Body>>();

  get isEmpty(): boolean {
    return this.#places.length === 0 && this.#inFlight.size === 0;
  }

  /** Takes the next place. Throws OVERLOADED when there are too many. */
  enter(): Place<State, Entry, Body> {
    if (this.#places.length >= queueLimits.placesMax) {
      throw refuse('OVERLOADED', { retryAfterMs: queueLimits.overloadRetryMs });
    }
    const place: Place<State, Entry, Body> = { pending: undefined, gone: false };
    this.#places.push(place);
    return place;
  }

  inFlight(request: string): Pending<State, Entry, Body> | undefined {
    return this.#inFlight.get(request);
  }

  /** Fills a place. When the caller gives up before its turn, the place is passed over; `changed` is told. */
  fill(place: Place<State, Entry, Body>, pending: Pending<State, Entry, Body>, changed: () => void): void {
    place.pending = pending;
    this.#inFlight.set(pending.key, pending);
    pending.listen(() => {
      place.gone = true;
      this.reject(pending, coerce(pending.operation.signal.reason));
      changed();
    });
  }

  resolve(pending: Pending<State, Entry, Body>, result: Parameters<Pending<State, Entry, Body>['resolve']>[0]): void {
    this.#finish(pending);
    pending.resolve(result);
  }

  reject(pending: Pending<State, Entry, Body>, error: unknown): void {
    this.#finish(pending);
    pending.reject(error);
  }

  /** Rejects all that wait. */
  rejectAll(error: unknown): void {
    for (const pending of [...this.#inFlight.values()]) this.reject(pending, error);
    for (const place of this.#places) place.gone = true;
    this.#places = [];
  }

  /** Those that may be decided now: from the front, up to the first place that is not filled yet. */
  front(max: number): Pending<State, Entry, Body>[] {
    const ready: Pending<State, Entry, Body>[] = [];
    let readers = 0;
    for (const { pending, gone } of this.#places) {
      if (gone || pending?.settled) continue;
      if (pending === undefined || ready.length === max) break;
      if (pending.operation.read !== undefined && ++readers > queueLimits.readersMax) break;
      ready.push(pending);
    }
    if (ready.length === 0) this.#places = this.#places.filter(({ pending, gone }) => !gone && !pending?.settled);
    return ready;
  }

  /** Takes away the front up to and with this one. */
  dropThrough(pending: Pending<State, Entry, Body>): void {
    const at = this.#places.findIndex((place) => place.pending === pending);
    this.#places.splice(0, at + 1);
  }

  /** To the front again, in this order. */
  putBack(again: readonly Pending<State, Entry, Body>[]): void {
    this.#places.unshift(...again.map((pending) => ({ pending, gone: false })));
  }

  #finish(pending: Pending<State, Entry, Body>): void {
    if (this.#inFlight.get(pending.key) === pending) this.#inFlight.delete(pending.key);
  }
}
