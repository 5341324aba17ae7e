// Which code is measured.

import { execFileSync } from 'node:child_process';

/** The commit, with `+` after it where files have been changed since; undefined where this is no clone. */
export function commitMeasured(): string | undefined {
  try {
    const git = (...args: string[]) =>
      execFileSync('git', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
    return `${git('rev-parse', '--short', 'HEAD').trim()}${git('status', '--porcelain').trim() === '' ? '' : '+'}`;
  } catch {
    return undefined;
  }
}
