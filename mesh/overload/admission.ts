// Which calls a process takes while it has more to do than it can: the least important are refused first, with a word
// when to try again, before they cost anything. Nothing needs a restart: what presses it passes, and all are taken
// again.

import type { CircuitError } from '../errors/circuit-error.ts';
import { refuse } from '../errors/refuse.ts';
import type { Importance } from '../schema/api.ts';
import type { Logger } from '../telemetry/log.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import { type Level, Pressure, type PressureOptions, type Thresholds } from './pressure.ts';

/** Shares of a full queue. */
export const queueShare: Thresholds = [0.25, 0.5, 1];

export type AdmissionOptions = Omit<PressureOptions, 'onChange'> & {
  readonly log: Logger;
  readonly metrics: Metrics | undefined;
  /** How full this process's own queue is, from 0 to 1, for calls that are asked about without one; 0 if not given. */
  readonly waiting?: () => number;
};

/** From which level on a call is refused. */
const refusedFrom: Readonly<Record<Importance, Level>> = { low: 1, normal: 2, high: 3 };
/** Within so much time, for each level, those who were refused try again; spread, so that they do not come at once. */
const retryMsPerLevel = 1_000;

export class Admission {
  readonly #pressure: Pressure;
  readonly #waiting: () => number;
  readonly #shed: Readonly<Record<Importance, { inc(): void } | undefined>>;

  constructor({ log, metrics, waiting = () => 0, ...thresholds }: AdmissionOptions) {
    this.#waiting = waiting;
    const shed = (importance: Importance) => metrics?.counter('circuit_shed_total', { importance });
    this.#shed = { low: shed('low'), normal: shed('normal'), high: shed('high') };
    for (const cause of ['loop', 'memory']) metrics?.gauge('circuit_pressure', { cause }).set(0);
    this.#pressure = new Pressure({
      ...thresholds,
      onChange: (cause, level) => {
        metrics?.gauge('circuit_pressure', { cause }).set(level);
        log.warn({ reason: cause, count: level }, level === 0 ? 'no pressure any more' : 'under pressure');
      },
    });
  }

  /** How hard the process is pressed, its queues apart. */
  get level(): Level {
    return this.#pressure.level;
  }

  /**
   * What speaks against taking a call now: OVERLOADED; undefined when nothing does. `waiting` is how full the queue is
   * that it would join, from 0 to 1.
   */
  objectionTo(importance: Importance, waiting = this.#waiting()): CircuitError | undefined {
    const level = Math.max(this.#pressure.level, levelOf(waiting));
    if (level < refusedFrom[importance]) return undefined;
    this.#shed[importance]?.inc();
    return refuse('OVERLOADED', { retryAfterMs: Math.ceil(level * retryMsPerLevel * (0.5 + Math.random() / 2)) });
  }

  close(): void {
    this.#pressure.close();
  }
}

function levelOf(waiting: number): Level {
  if (waiting < queueShare[0]) return 0;
  if (waiting < queueShare[1]) return 1;
  return waiting < queueShare[2] ? 2 : 3;
}
