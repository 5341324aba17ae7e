// The machine that a run was on, and what else it had to do.

import { cpus, loadavg, release, totalmem, type } from 'node:os';

export type Machine = {
  readonly processor: string;
  readonly cores: number;
  readonly memoryBytes: number;
  readonly kernel: string;
  readonly node: string;
};

export function thisMachine(): Machine {
  return {
    processor: cpus()[0]?.model ?? 'unknown',
    cores: cpus().length,
    memoryBytes: totalmem(),
    kernel: `${type()} ${release().replace(/-.*/, '')}`,
    node: process.version,
  };
}

/** Processes that ran or waited to, on average over the last minute. */
export function loadAverage(): number {
  return loadavg()[0] ?? 0;
}

export function machineInWords({ processor, cores, memoryBytes, kernel, node }: Machine): string {
  const memory = `${(memoryBytes / 2 ** 30).toFixed(0)} GiB`;
  return `${processor}, ${cores} cores, ${memory}; ${kernel}; Node ${node.replace(/^v/, '')}`;
}
