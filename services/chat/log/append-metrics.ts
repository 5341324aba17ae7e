// What is measured of appending, for each kind of log. Without metrics, as in tests and tools, it costs nothing.

import type { Metrics } from '../../../mesh/telemetry/metrics.ts';

export type AppendMetrics = {
  /** Entries of one insert, and how many of them were not known to be stored. */
  inserted(entries: number, unknown: number): void;
  /** An entry has left: seconds since its request took its place. */
  left(seconds: number): void;
  /** Decisions that run again. */
  redecided(count: number): void;
};

export function appendMetrics(metrics: Metrics | undefined, log: string): AppendMetrics {
  if (metrics === undefined) return { inserted() {}, left() {}, redecided() {} };
  const entries = metrics.counter('circuit_append_entries_total', { log });
  const group = metrics.histogram('circuit_append_group_entries', { log });
  const duration = metrics.histogram('circuit_append_seconds', { log });
  const again = metrics.counter('circuit_append_redecided_total', { log });
  const lookedUp = metrics.counter('circuit_append_unknown_total', { log });
  return {
    inserted(count, unknown) {
      group.observe(count);
      if (unknown > 0) lookedUp.inc(unknown);
    },
    left(seconds) {
      entries.inc();
      duration.observe(seconds);
    },
    redecided: (count) => again.inc(count),
  };
}
