// The metrics for people: docs/metrics.md is made from what names.ts declares.

import { type Metric, type MetricName, metrics } from './names.ts';

const head = `# Metrics

Every metric of the mesh, as \`circuit config --metrics\` prints it. Each process serves its own at \`/metrics\` of its
admin port, in Prometheus' text format. No label holds a user, a conversation or a message: their number has no bound.

| metric | kind | labels | what it tells |
|---|---|---|---|
`;

/** The whole of docs/metrics.md. */
export function describedMetrics(): string {
  const rows = (Object.entries(metrics) as [MetricName, Metric][]).map(
    ([name, { kind, labels, help }]) => `| \`${name}\` | ${kind} | ${labels.join(', ')} | ${help} |\n`,
  );
  return head + rows.join('');
}
