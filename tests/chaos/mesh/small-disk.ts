// A disk of its own for the store, small enough to be filled: a tmpfs, where this user may mount one.

import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const sizeMiB = 1_024;
const ballast = 'ballast';

export type SmallDisk = {
  /** Takes all room that is left. */
  fill(): void;
  empty(): void;
  /** What is on it is gone. */
  close(): void;
};

/** Mounts it at this folder; undefined where that is not allowed, and the folder is on the disk that there is. */
export function openSmallDisk(folder: string): SmallDisk | undefined {
  mkdirSync(folder, { recursive: true });
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${sizeMiB}m`, 'tmpfs', folder], { stdio: 'ignore' });
  } catch {
    return undefined;
  }
  const file = join(folder, ballast);
  let mounted = true;
  return {
    fill: () => fillWith(file, folder),
    empty: () => rmSync(file, { force: true }),
    close: () => {
      if (!mounted) return;
      mounted = false;
      execFileSync('umount', ['-l', folder], { stdio: 'ignore' });
    },
  };
}

function fillWith(file: string, folder: string): void {
  const chunk = Buffer.alloc(1_024 * 1_024);
  try {
    for (;;) {
      const { bavail, bsize } = statfsSync(folder);
      if (bavail === 0) return;
      writeFileSync(file, chunk.subarray(0, Math.min(chunk.length, bavail * bsize)), { flag: 'a' });
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
  }
}
