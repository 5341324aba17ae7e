// The store's disk takes no more: its process is forbidden to write files beyond the length that its file has now. That
// fails in the same place as a full disk, and who may start a process may do it.

import { execFileSync } from 'node:child_process';
import { statSync } from 'node:fs';
import { join } from 'node:path';

export type FullDisk = {
  fill(pid: number): void;
  empty(pid: number): void;
};

/** `folder`: the store's data. Undefined where the system cannot limit a process that runs. */
export function openFullDisk(folder: string): FullDisk | undefined {
  try {
    execFileSync('prlimit', ['--version'], { stdio: 'ignore' });
  } catch {
    return undefined;
  }
  const limit = (pid: number, bytes: number | 'unlimited') =>
    execFileSync('prlimit', ['--pid', String(pid), `--fsize=${bytes}:`], { stdio: 'ignore' });
  return {
    fill: (pid) => limit(pid, statSync(join(folder, 'lmdb/data.mdb')).size),
    empty: (pid) => limit(pid, 'unlimited'),
  };
}
