// Where a walk over a message is, in words, and what it found wrong there.

import type { Violation } from '../errors/circuit-error.ts';
import { limits } from './limits.ts';

export type Path = {
  readonly violations: Violation[];
  /** The way from the outermost message to here: names of fields and keys of maps, `steps` of them. */
  readonly names: string[];
  /** Position in a list beside each name; −1 where there is none. */
  readonly positions: number[];
  steps: number;
};

/** Goes a step further in the path; `steps--` goes back. */
export function step(path: Path, name: string, position: number): void {
  path.names[path.steps] = name;
  path.positions[path.steps] = position;
  path.steps++;
}

/** Notes what is wrong with a field here; `position` is −1 where the field is no list. */
export function report(path: Path, name: string, position: number, description: string): void {
  if (path.violations.length >= limits.violations) return;
  let way = '';
  for (let i = 0; i < path.steps; i++) way = join(way, path.names[i]!, path.positions[i]!);
  path.violations.push({ field: shorten(join(way, name, position)), description });
}

/** `content` + `bold` + 2 is `content.bold[2]`. What has no name in JSON (a Value within a Struct) is no step. */
function join(way: string, name: string, position: number): string {
  const longer = name === '' ? way : way === '' ? name : `${way}.${name}`;
  return position < 0 ? longer : `${longer}[${position}]`;
}

/** Keys of maps come from the caller: a path is cut, and never holds half of a character. */
function shorten(way: string): string {
  if (way.length <= limits.pathLength) return way;
  return `${way.slice(0, limits.pathLength - 1).replace(/[\uD800-\uDBFF]$/, '')}…`;
}
