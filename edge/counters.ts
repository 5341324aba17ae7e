// What the edge counts on its hot paths, as plain numbers; handed to the metrics when they are read.

import type { Metrics } from '../mesh/telemetry/metrics.ts';

export class EdgeCounters {
  events = 0;
  deliveries = 0;
  repeated = 0;
  gapsFilled = 0;
  gapsStale = 0;
  headChecks = 0;
  headBehind = 0;
  resumedFromRing = 0;
  resumedFromLog = 0;
  resumedStale = 0;
  rateLimited = 0;
  jsonFrames = 0;
  protoFrames = 0;
  jsonOpened = 0;
  protoOpened = 0;
}

export type EdgeGauges = {
  readonly jsonSockets: number;
  readonly protoSockets: number;
  readonly topics: number;
  readonly bufferedBytes: number;
};

/** Before each scrape, moves what was counted since the last one into the metrics. */
export function report(counters: EdgeCounters, gauges: () => EdgeGauges, metrics: Metrics): void {
  const told = new EdgeCounters();
  const moves: readonly (readonly [keyof EdgeCounters, { inc(by?: number): void }])[] = [
    ['events', metrics.counter('circuit_fanout_events_total', {})],
    ['deliveries', metrics.counter('circuit_fanout_deliveries_total', {})],
    ['repeated', metrics.counter('circuit_fanout_repeated_total', {})],
    ['gapsFilled', metrics.counter('circuit_fanout_gaps_total', { outcome: 'filled' })],
    ['gapsStale', metrics.counter('circuit_fanout_gaps_total', { outcome: 'stale' })],
    ['headChecks', metrics.counter('circuit_head_checks_total', {})],
    ['headBehind', metrics.counter('circuit_head_behind_total', {})],
    ['resumedFromRing', metrics.counter('circuit_resume_total', { answer: 'ring' })],
    ['resumedFromLog', metrics.counter('circuit_resume_total', { answer: 'log' })],
    ['resumedStale', metrics.counter('circuit_resume_total', { answer: 'stale' })],
    ['rateLimited', metrics.counter('circuit_rate_limited_total', { by: 'socket' })],
    ['jsonFrames', metrics.counter('circuit_socket_frames_total', { format: 'json' })],
    ['protoFrames', metrics.counter('circuit_socket_frames_total', { format: 'proto' })],
    ['jsonOpened', metrics.counter('circuit_socket_opened_total', { format: 'json' })],
    ['protoOpened', metrics.counter('circuit_socket_opened_total', { format: 'proto' })],
  ];
  metrics.beforeScrape(() => {
    for (const [name, counter] of moves) {
      counter.inc(counters[name] - told[name]);
      told[name] = counters[name];
    }
    const { jsonSockets, protoSockets, topics, bufferedBytes } = gauges();
    metrics.gauge('circuit_sockets', { format: 'json' }).set(jsonSockets);
    metrics.gauge('circuit_sockets', { format: 'proto' }).set(protoSockets);
    metrics.gauge('circuit_topics', {}).set(topics);
    metrics.gauge('circuit_socket_buffered_bytes', {}).set(bufferedBytes);
  });
}
