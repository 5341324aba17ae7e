// How a long-running command ends: the first SIGTERM or SIGINT asks it to, in order; a second one does not wait.

import type { Logger } from '../../mesh/telemetry/log.ts';

const signals = ['SIGTERM', 'SIGINT'] as const;

/** Resolves at the first signal. From then on the next signal ends the process at once. */
export function toldToEnd(log: Logger): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    const first = (signal: NodeJS.Signals) => {
      for (const name of signals) {
        process.off(name, first);
        process.once(name, () => process.exit(1));
      }
      log.info({ signal }, 'told to end');
      resolve(signal);
    };
    for (const name of signals) process.on(name, first);
  });
}
