// Looks for a program by running it.

import { execFile } from 'node:child_process';
import type { Look } from './finding.ts';

const withinMs = 10_000;

/** `what` is what goes without it. */
export function program(name: string, args: readonly string[], what: string, remedy: string): Look {
  return {
    name,
    look: () =>
      new Promise((resolve) => {
        execFile(name, args, { timeout: withinMs }, (error, stdout, stderr) => {
          if (error === null)
            return resolve({ state: 'ok', told: `${stdout}${stderr}`.trim().split('\n')[0] ?? 'there' });
          const there = (error as NodeJS.ErrnoException).code !== 'ENOENT';
          resolve({ state: 'absent', told: `${there ? 'not whole' : 'not there'}; without it no ${what}`, remedy });
        });
      }),
  };
}
