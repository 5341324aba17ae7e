// Where the last frames of a topic are, so that a socket that was away for a moment costs no database read. Bounded by
// events and time; an event whose contents were deleted since is blank and must be asked for again.

import { ringEventsMax, ringMs } from '../limits.ts';
import type { Arena } from './arena.ts';

/** An event's frame in one format: its place in the arena; negative where there is none. */
export type Kept = { readonly place: number; readonly length: number };

export type FormatName = 'json' | 'proto';

/** For each event: when, then place and length in each format. */
const stride = 5;
const offsets = { json: 1, proto: 3 } as const;
const roomAtFirst = 4;

export class Ring {
  #cells = new Float64Array(roomAtFirst * stride);
  /** Events that fit; an event lies at its number modulo this. */
  #room = roomAtFirst;
  #first = 0;
  /** One behind the last. */
  #end = 0;

  get isEmpty(): boolean {
    return this.#first === this.#end;
  }

  /** Numbers come rising by one; after a jump it begins anew. */
  push(seq: number, nowMs: number, json: Kept, proto: Kept): void {
    if (seq !== this.#end) {
      this.#first = seq;
      this.#end = seq;
    }
    if (this.#end - this.#first === this.#room) this.#makeRoom();
    const at = (seq % this.#room) * stride;
    const cells = this.#cells;
    cells[at] = nowMs;
    cells[at + 1] = json.place;
    cells[at + 2] = json.length;
    cells[at + 3] = proto.place;
    cells[at + 4] = proto.length;
    this.#end = seq + 1;
  }

  /** Lets go of what is too old. */
  expire(nowMs: number): void {
    while (!this.isEmpty && this.#cells[(this.#first % this.#room) * stride]! < nowMs - ringMs) this.#first++;
  }

  blank(seq: number): void {
    if (seq < this.#first || seq >= this.#end) return;
    const at = (seq % this.#room) * stride;
    for (const offset of Object.values(offsets)) this.#cells[at + offset] = -1;
  }

  /** The frames of (after, upTo], valid in this turn only; undefined where not every one of them is there. */
  between(after: number, upTo: number, format: FormatName, arena: Arena): Uint8Array[] | undefined {
    if (upTo <= after) return [];
    if (this.isEmpty || after + 1 < this.#first || upTo >= this.#end) return undefined;
    const frames: Uint8Array[] = [];
    for (let seq = after + 1; seq <= upTo; seq++) {
      const at = (seq % this.#room) * stride + offsets[format];
      const frame = arena.view(this.#cells[at]!, this.#cells[at + 1]!);
      if (frame === undefined) return undefined;
      frames.push(frame);
    }
    return frames;
  }

  #makeRoom(): void {
    if (this.#room === ringEventsMax) {
      this.#first++;
      return;
    }
    const room = this.#room * 2;
    const cells = new Float64Array(room * stride);
    for (let seq = this.#first; seq < this.#end; seq++) {
      const from = (seq % this.#room) * stride;
      cells.set(this.#cells.subarray(from, from + stride), (seq % room) * stride);
    }
    this.#cells = cells;
    this.#room = room;
  }
}
