// The last events of a topic as frames, so that a socket that was away for a moment costs no database read.
// Bounded by events, bytes and time; an event whose contents were deleted since is blank and must be asked for again.

import { ringBytesMax, ringEventsMax, ringMs } from '../limits.ts';

/** An event as it went out: one frame for each format that the topic's sockets have spoken. */
export type Frames = { readonly json: string | undefined; readonly proto: Uint8Array | undefined };

type Slot = { readonly seq: number; readonly atMs: number; frames: Frames | undefined; readonly bytes: number };

export class Ring {
  #slots: Slot[] = [];
  bytes = 0;

  /** Numbers come rising by one; after a jump of the topic's position the ring is cleared. Returns the change in bytes. */
  push(seq: number, frames: Frames, nowMs: number): number {
    const before = this.bytes;
    const bytes = (frames.json?.length ?? 0) + (frames.proto?.length ?? 0);
    this.#slots.push({ seq, atMs: nowMs, frames, bytes });
    this.bytes += bytes;
    this.#trim(nowMs);
    return this.bytes - before;
  }

  /** Lets go of what is too old. Returns the change in bytes. */
  expire(nowMs: number): number {
    const before = this.bytes;
    this.#trim(nowMs);
    return this.bytes - before;
  }

  clear(): number {
    const before = this.bytes;
    this.#slots = [];
    this.bytes = 0;
    return -before;
  }

  blank(seq: number): void {
    const slot = this.#slots[seq - (this.#slots[0]?.seq ?? 0)];
    if (slot?.seq === seq) slot.frames = undefined;
  }

  /** The frames of (after, upTo]; undefined where the ring does not hold every one of them. */
  between(after: number, upTo: number): Frames[] | undefined {
    const first = this.#slots[0]?.seq;
    if (upTo <= after) return [];
    if (first === undefined || first > after + 1) return undefined;
    const slots = this.#slots.slice(after + 1 - first, upTo + 1 - first);
    if (slots.length !== upTo - after) return undefined;
    const frames: Frames[] = [];
    for (const slot of slots) {
      if (slot.frames === undefined) return undefined;
      frames.push(slot.frames);
    }
    return frames;
  }

  #trim(nowMs: number): void {
    let gone = 0;
    while (gone < this.#slots.length && this.#isOver(gone, nowMs)) this.bytes -= this.#slots[gone++]?.bytes ?? 0;
    if (gone > 0) this.#slots.splice(0, gone);
  }

  #isOver(gone: number, nowMs: number): boolean {
    const slot = this.#slots[gone];
    if (slot === undefined) return false;
    const kept = this.#slots.length - gone;
    return kept > ringEventsMax || this.bytes > ringBytesMax || slot.atMs < nowMs - ringMs;
  }
}
