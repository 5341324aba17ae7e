// What a run leaves behind: one JSON file, and in words what it printed.

import type { Machine } from './machine.ts';
import type { Row } from './row.ts';

export type Result = {
  readonly subject: string;
  readonly seconds: number;
  readonly rows: readonly Row[];
  readonly failed?: string;
};

export type Run = {
  /** When it began: RFC 3339, UTC. */
  readonly at: string;
  /** The commit that was measured; with `+` after it where files had been changed since. Absent without git. */
  readonly commit?: string;
  readonly machine: Machine;
  /** Load averages of a minute, before and after. */
  readonly load: { readonly start: number; readonly end: number };
  readonly results: readonly Result[];
};

/** `2026-11-21-0154`: names the files of a run, and sorts them. */
export function runName({ at }: Pick<Run, 'at'>): string {
  return `${at.slice(0, 10)}-${at.slice(11, 13)}${at.slice(14, 16)}`;
}
