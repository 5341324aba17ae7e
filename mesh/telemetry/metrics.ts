// Metrics of this process, as names.ts declares them. What is counted often asks for its counter once and keeps it:
// `const answered = metrics.counter('circuit_rpc_total', { method, code })`, then `answered.inc()`.

import { monitorEventLoopDelay } from 'node:perf_hooks';
import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import {
  type CounterName,
  metrics as declared,
  type GaugeName,
  type HistogramName,
  type LabelsOf,
  type Metric,
  type MetricName,
} from './names.ts';

export type Metrics = {
  counter<Name extends CounterName>(name: Name, labels: LabelsOf<Name>): { inc(by?: number): void };
  gauge<Name extends GaugeName>(
    name: Name,
    labels: LabelsOf<Name>,
  ): { set(value: number): void; inc(by?: number): void; dec(by?: number): void };
  /** `value` in the unit that the name ends with. */
  histogram<Name extends HistogramName>(name: Name, labels: LabelsOf<Name>): { observe(value: number): void };
  /** Runs before each scrape: for what is cheaper to ask than to count. */
  beforeScrape(work: () => void): void;
  /** All of it in Prometheus' text format. */
  text(): Promise<string>;
  readonly contentType: string;
  close(): void;
};

type Labels = Readonly<Record<string, string>>;

const nanosecondsPerSecond = 1e9;
const microsecondsPerSecond = 1e6;
const quantiles = [50, 99, 100] as const;

export function openMetrics(): Metrics {
  const registry = new Registry();
  const all = new Map<MetricName, Counter | Gauge | Histogram>();
  for (const [name, metric] of Object.entries(declared) as [MetricName, Metric][]) {
    all.set(name, register(registry, name, metric));
  }
  const tallies = new Map<string, Tally>();
  const collectors: (() => void)[] = [];
  const delay = monitorEventLoopDelay({ resolution: 10 });
  delay.enable();

  const metrics: Metrics = {
    counter: (name, labels) => tallyOf(tallies, all.get(name) as Counter, name, labels),
    gauge: (name, labels) => (all.get(name) as Gauge).labels(labels),
    histogram: (name, labels) => (all.get(name) as Histogram).labels(labels),
    beforeScrape: (work) => {
      collectors.push(work);
    },
    text: () => {
      for (const collect of collectors) collect();
      for (const tally of tallies.values()) tally.tell();
      return registry.metrics();
    },
    contentType: registry.contentType,
    close: () => {
      delay.disable();
      registry.clear();
    },
  };

  let told: NodeJS.CpuUsage = { user: 0, system: 0 };
  metrics.beforeScrape(() => {
    for (const quantile of quantiles) {
      const seconds = delay.count === 0 ? 0 : delay.percentile(quantile) / nanosecondsPerSecond;
      metrics.gauge('circuit_event_loop_delay_seconds', { quantile: String(quantile / 100) }).set(seconds);
    }
    delay.reset();
    const memory = process.memoryUsage();
    metrics.gauge('circuit_memory_bytes', { kind: 'resident' }).set(memory.rss);
    metrics.gauge('circuit_memory_bytes', { kind: 'heap' }).set(memory.heapUsed);
    metrics.gauge('circuit_memory_bytes', { kind: 'external' }).set(memory.external);
    const cpu = process.cpuUsage();
    for (const kind of ['user', 'system'] as const) {
      metrics.counter('circuit_cpu_seconds_total', { kind }).inc((cpu[kind] - told[kind]) / microsecondsPerSecond);
    }
    told = cpu;
  });
  return metrics;
}

/** What was counted since the last scrape: the registry's own counters look their labels up with every count. */
class Tally {
  readonly #counter: Counter.Internal;
  #counted = 0;

  constructor(counter: Counter.Internal) {
    this.#counter = counter;
  }

  inc(by = 1): void {
    this.#counted += by;
  }

  tell(): void {
    this.#counter.inc(this.#counted);
    this.#counted = 0;
  }
}

function tallyOf(tallies: Map<string, Tally>, counter: Counter, name: string, labels: Labels): Tally {
  const key = [name, ...Object.values(labels)].join('\n');
  let tally = tallies.get(key);
  if (tally === undefined) {
    tally = new Tally(counter.labels(labels));
    tallies.set(key, tally);
  }
  return tally;
}

function register(registry: Registry, name: string, metric: Metric): Counter | Gauge | Histogram {
  const common = { name, help: metric.help, labelNames: [...metric.labels], registers: [registry] };
  if (metric.kind === 'counter') return new Counter(common);
  if (metric.kind === 'gauge') {
    const gauge = new Gauge(common);
    // It would begin at 0: of what this process does not measure, that is a lie that alerts believe.
    gauge.remove({});
    return gauge;
  }
  return new Histogram({ ...common, buckets: [...(metric.buckets ?? [])] });
}
