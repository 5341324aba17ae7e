// Stretches of time in which something was broken, or somebody away, and what they excuse.

import type { Fault } from '../record.ts';

export type Window = Pick<Fault, 'from' | 'to'>;

/** A clock that is off excuses nothing. */
export function excusing(faults: readonly Fault[]): readonly Window[] {
  return faults.filter((fault) => kindOf(fault) !== 'clock');
}

export function kindOf({ name }: Fault): string {
  return name.split(' ')[0] as string;
}

/** Whether one of the windows, each longer by `afterMs`, touches this stretch of time. */
export function touches(from: number, to: number, windows: readonly Window[], afterMs: number): boolean {
  return windows.some((window) => window.from <= to && window.to + afterMs >= from);
}

/** How long after the latest end of a window that began before it; 0 within one, Infinity where there is none. */
export function msAfter(at: number, windows: readonly Window[]): number {
  const since = windows.filter(({ from }) => from <= at).map(({ to }) => at - to);
  return Math.max(0, Math.min(Number.POSITIVE_INFINITY, ...since));
}

/** How much of the time up to `end` none of the windows covers, each longer by `afterMs`. */
export function freeMs(end: number, windows: readonly Window[], afterMs: number): number {
  let free = 0;
  let busyUntil = 0;
  for (const { from, to } of [...windows].sort((one, other) => one.from - other.from)) {
    free += Math.max(0, Math.min(from, end) - busyUntil);
    busyUntil = Math.min(end, Math.max(busyUntil, to + afterMs));
  }
  return free + end - busyUntil;
}
