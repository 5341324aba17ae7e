// Processor time that a process has used so far, by the kernel's own account.

import { readFileSync } from 'node:fs';

const ticksPerSecond = 100;

/** Seconds, user and system together. */
export function processorSeconds(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
}
