// The state of one walk over an encoded message: where it is, the way there, and what it found wrong.

import type { Violation } from '../../errors/circuit-error.ts';
import { limits } from '../limits.ts';
import type { Cursor } from '../wire.ts';

export type Walk = Cursor & {
  readonly violations: Violation[];
  /** How many messages that count as nesting the walk is inside of. */
  depth: number;
  /** The way from the outermost message to here: names of fields and map keys, `steps` of them. */
  readonly names: string[];
  /** Position in a list beside each name; −1 where there is none. */
  readonly positions: number[];
  steps: number;
  /** For each message that the walk is inside of, how often each of its fields came; from `base` on the innermost's. */
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

/** Goes a step further in the path; `steps--` goes back. */
export function step(walk: Walk, name: string, position: number): void {
  walk.names[walk.steps] = name;
  walk.positions[walk.steps] = position;
  walk.steps++;
}

/** Notes what is wrong with a field of the message that the walk is in; `position` is −1 where the field is no list. */
export function report(walk: Walk, name: string, position: number, description: string): void {
  if (walk.violations.length >= limits.violations) return;
  let path = '';
  for (let i = 0; i < walk.steps; i++) path = join(path, walk.names[i]!, walk.positions[i]!);
  walk.violations.push({ field: shorten(join(path, name, position)), description });
}

/** `content` + `bold` + 2 is `content.bold[2]`. What has no name in JSON (a Value within a Struct) is no step. */
export function join(path: string, name: string, position: number): string {
  const longer = name === '' ? path : path === '' ? name : `${path}.${name}`;
  return position < 0 ? longer : `${longer}[${position}]`;
}

/** Keys of maps come from the caller: a path is cut, and never holds half of a character. */
export function shorten(path: string): string {
  if (path.length <= limits.pathLength) return path;
  return `${path.slice(0, limits.pathLength - 1).replace(/[\uD800-\uDBFF]$/, '')}…`;
}
