// How a long-running command ends: the first SIGTERM or SIGINT asks it to, in order; a second one does not wait.

import type { Logger } from '../../mesh/telemetry/log.ts';

const signals = ['SIGTERM', 'SIGINT'] as const;
/** A signal this soon after the first is its echo: a terminal and npm may both hand on one Ctrl-C. */
const echoMs = 500;

/** Resolves at the first signal. From then on the next signal ends the process at once. */
export function toldToEnd(log: Logger): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    let toldAt: number | undefined;
    const onSignal = (signal: NodeJS.Signals) => {
      if (toldAt === undefined) {
        toldAt = performance.now();
        log.info({ signal }, 'told to end');
        resolve(signal);
      } else if (performance.now() - toldAt > echoMs) {
        process.exit(1);
      }
    };
    for (const signal of signals) process.on(signal, onSignal);
  });
}
