// The state of one walk over an encoded message: where it is, the way there, and what it found wrong.

import type { Path } from '../path.ts';
import type { Cursor } from '../wire.ts';

export type Walk = Cursor &
  Path & {
    /** How many messages that count as nesting the walk is inside of. */
    depth: number;
    /** For each message that the walk is inside of, how often each field came; the innermost's from `base` on. */
    counts: Int32Array<ArrayBuffer>;
    base: number;
    /** Behind the counts of the innermost message. */
    top: number;
  };

/** Shared by all walks: a walk runs to its end without letting another begin. */
let counts = new Int32Array(1024);
const names: string[] = [];
const positions: number[] = [];

export function startWalk(bytes: Uint8Array): Walk {
  return {
    bytes,
    pos: 0,
    end: bytes.length,
    low: 0,
    high: 0,
    violations: [],
    depth: 0,
    names,
    positions,
    steps: 0,
    counts,
    base: 0,
    top: 0,
  };
}

/** Makes room for the counts of one more message and clears it. */
export function clearCounts(walk: Walk, size: number): void {
  walk.base = walk.top;
  walk.top += size;
  if (walk.top > walk.counts.length) {
    const larger = new Int32Array(Math.max(walk.top, walk.counts.length * 2));
    larger.set(walk.counts);
    walk.counts = larger;
    counts = larger;
  }
  for (let i = walk.base; i < walk.top; i++) walk.counts[i] = 0;
}
