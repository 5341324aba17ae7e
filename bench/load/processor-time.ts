// Processor time that processes use, by the kernel's own account: where the time of one send, or one call, goes.

import { readFileSync } from 'node:fs';

const ticksPerSecond = 100;

/** How a load generator names itself beside what it measures. */
export const loadGenerator = 'load generator';

/** Processor time by the process's name, in microseconds. */
export type SpentUs = Readonly<Record<string, number>>;

/** Starts counting for processes by name; what it returns tells what each has used since. */
export function processorTime(processes: Readonly<Record<string, number>>): () => SpentUs {
  const names = Object.keys(processes);
  const before = names.map((name) => usedUs(processes[name]!));
  return () => Object.fromEntries(names.map((name, at) => [name, usedUs(processes[name]!) - before[at]!]));
}

/** User and system together. */
function usedUs(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return ((Number(fields[11]) + Number(fields[12])) * 1e6) / ticksPerSecond;
}

/** What one of `count` cost, process by process: `edge 21 + store 40 = 61 µs`. */
export function spentOnEach(spent: SpentUs, count: number): string {
  const each = Object.entries(spent).map(([name, us]) => `${name} ${(us / count).toFixed(0)}`);
  const sum = Object.values(spent).reduce((total, us) => total + us, 0) / count;
  return `${each.join(' + ')} = ${sum.toFixed(0)} µs`;
}
