// Looks for a program by running it.

import { execFile } from 'node:child_process';
import type { Look } from './finding.ts';

const withinMs = 10_000;

export type Program = {
  readonly name: string;
  /** Where else it may be, tried before the name on the path. */
  readonly at?: string;
  readonly args: readonly string[];
  /** What goes without it. */
  readonly without: string;
  readonly remedy: string;
};

export function program({ name, at, args, without, remedy }: Program): Look {
  return {
    name,
    look: async () => {
      const found = (at === undefined ? undefined : await told(at, args)) ?? (await told(name, args));
      if (found !== undefined) return { state: 'ok', told: found };
      return { state: 'absent', told: `not there, or not whole; without it no ${without}`, remedy };
    },
  };
}

/** The first line that it prints; undefined when it cannot be run, or fails. */
function told(path: string, args: readonly string[]): Promise<string | undefined> {
  return new Promise((resolve) => {
    execFile(path, args, { timeout: withinMs }, (error, stdout, stderr) => {
      resolve(error === null ? (`${stdout}${stderr}`.trim().split('\n')[0] ?? '') : undefined);
    });
  });
}
