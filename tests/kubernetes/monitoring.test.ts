// What alert rules and the dashboard ask of Prometheus, against the metrics that processes have: names, labels, kinds.

import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { type Metric, metrics } from '../../mesh/telemetry/names.ts';
import { faultsOf, manifestsIn, parseManifests } from './manifest.ts';

type Rule = { readonly alert: string; readonly expr: string; readonly annotations: { readonly runbook_url: string } };
type Place = { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
type Panel = {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly gridPos: Place;
  readonly datasource?: unknown;
  readonly targets?: readonly { readonly refId: string; readonly expr: string; readonly legendFormat: string }[];
};

const declared: Readonly<Record<string, Metric>> = metrics;
const gridColumns = 24;
/** Labels that Prometheus itself gives to what it scrapes from a pod. */
const scraped = ['pod', 'namespace', 'job', 'instance'];

const rules = manifestsIn('k8s/components/monitoring')
  .filter(({ kind }) => kind === 'PrometheusRule')
  .flatMap(({ spec }) => (spec as { groups: { rules: Rule[] }[] }).groups.flatMap((group) => group.rules));
const podMonitor = manifestsIn('k8s/components/monitoring').find(({ kind }) => kind === 'PodMonitor');
const dashboard = JSON.parse(readFileSync('k8s/components/monitoring/circuit-mesh.json', 'utf8')) as {
  readonly templating: { readonly list: readonly { readonly name: string; readonly type: string }[] };
  readonly panels: readonly Panel[];
};
const panels = dashboard.panels.filter(({ type }) => type !== 'row');

/** What is wrong with an expression: a metric, label or use of it that no process knows. */
function faultsIn(expr: string): readonly string[] {
  const faults: string[] = [];
  const labels = new Set(scraped);
  for (const [, name = '', matchers = ''] of expr.matchAll(/\b(circuit_[a-z_]+)(?:\{([^}]*)\})?/g)) {
    const [, base = name, part] = /^(.*)_(bucket|sum|count)$/.exec(name) ?? [];
    const metric = declared[base];
    if (metric === undefined || (part !== undefined) !== (metric.kind === 'histogram')) {
      faults.push(`${name} is no series`);
      continue;
    }
    for (const label of metric.labels) labels.add(label);
    if (part === 'bucket') labels.add('le');
    const given = [...matchers.matchAll(/([a-z_]+)\s*[!=]/g)].map(([, label = '']) => label);
    faults.push(...given.filter((label) => !metric.labels.includes(label)).map((label) => `${name} has no ${label}`));
    const grows = new RegExp(`\\b(rate|increase)\\(${name}\\b`).test(expr);
    if (grows !== (metric.kind !== 'gauge')) faults.push(`${name} is a ${metric.kind}`);
  }
  for (const [, by = ''] of expr.matchAll(/\bby \(([^)]*)\)/g)) {
    faults.push(...by.split(/, */).filter((label) => !labels.has(label)));
  }
  return faults;
}

describe('an expression', () => {
  it.each([
    ['sum(rate(circuit_rpc_totals[5m]))', 'circuit_rpc_totals is no series'],
    ['rate(circuit_rpc_total_sum[5m])', 'circuit_rpc_total_sum is no series'],
    ['sum(rate(circuit_rpc_seconds[5m]))', 'circuit_rpc_seconds is no series'],
    ['rate(circuit_rpc_total{reason="INTERNAL"}[5m])', 'circuit_rpc_total has no reason'],
    ['circuit_rpc_total > 5', 'circuit_rpc_total is a counter'],
    ['rate(circuit_sockets[5m])', 'circuit_sockets is a gauge'],
    ['sum by (service) (circuit_sockets)', 'service'],
  ])('such as %s is found out', (expr, fault) => {
    expect(faultsIn(expr)).toEqual([fault]);
  });
});

describe('an alert', () => {
  it.each(rules.map((rule) => [rule.alert, rule] as const))('%s asks for what there is', (_, { expr }) => {
    // What Prometheus itself says of the pods that it asks, by the name of their PodMonitor.
    const job = /\bup\{job=~"([^"]+)"\}/.exec(expr)?.[1];
    if (job !== undefined) expect(`circuit/${podMonitor?.metadata.name}`).toMatch(new RegExp(`^${job}$`));
    else expect(expr).toMatch(/\bcircuit_/);
    expect(faultsIn(expr)).toEqual([]);
  });

  it('calls somebody when there is nobody left who could say that something is wrong', () => {
    const watched = rules.flatMap(({ expr }) => [...expr.matchAll(/\babsent\(circuit_build\{role="(\w+)"\}\)/g)]);
    expect(watched.map(([, role]) => role)).toEqual(['edge', 'service']);
    expect(rules.filter(({ expr }) => /\bup\{/.test(expr))).toHaveLength(1);
  });

  it('of too much to do knows each way in which calls come to be refused', () => {
    const { expr } = rules.find(({ alert }) => alert === 'CircuitOverloaded') as Rule;
    expect(expr).toContain('circuit_pressure');
    expect(expr).toContain('circuit_shed_total');
  });

  it.each(rules.map((rule) => [rule.alert, rule] as const))('%s leads to a heading of the runbook', (alert, rule) => {
    const url = new URL(rule.annotations.runbook_url);
    expect(`${url.pathname}${url.hash}`).toBe(`/circuit-mesh/runbook.md#${alert.toLowerCase()}`);
    expect(readFileSync('docs/runbook.md', 'utf8').split('\n')).toContain(`## ${alert}`);
  });

  it('has its metrics on the dashboard', () => {
    const shown = panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr)).join('\n');
    const asked = rules.flatMap(({ expr }) => expr.match(/\bcircuit_[a-z_]+/g) ?? []);
    expect(asked.filter((name) => !shown.includes(name))).toEqual([]);
  });
});

describe('the dashboard', () => {
  it('has a place of its own for each panel, in the width that Grafana has, under a row that asks a question', () => {
    const taken = new Set<string>();
    for (const { title, gridPos } of dashboard.panels) {
      expect(gridPos.x + gridPos.w, title).toBeLessThanOrEqual(gridColumns);
      for (let x = gridPos.x; x < gridPos.x + gridPos.w; x++) {
        for (let y = gridPos.y; y < gridPos.y + gridPos.h; y++) {
          expect(taken.has(`${x},${y}`), title).toBe(false);
          taken.add(`${x},${y}`);
        }
      }
    }
    expect(new Set(dashboard.panels.map(({ id }) => id)).size).toBe(dashboard.panels.length);
    expect(dashboard.panels[0]?.type).toBe('row');
    for (const { type, title } of dashboard.panels) if (type === 'row') expect(title).toMatch(/\?$/);
  });

  it('asks the data source that the reader chooses', () => {
    expect(dashboard.templating.list).toMatchObject([{ name: 'datasource', type: 'datasource' }]);
    for (const { datasource } of panels) {
      expect(datasource).toEqual({ type: 'prometheus', uid: '$' + '{datasource}' });
    }
  });
});

describe('a panel', () => {
  it.each(panels.map((panel) => [panel.title, panel] as const))('%s shows what there is', (_, { targets = [] }) => {
    expect(new Set(targets.map(({ refId }) => refId)).size).toBe(targets.length);
    expect(targets.length).toBeGreaterThan(0);
    for (const { expr, legendFormat } of targets) {
      expect(expr).toMatch(/\bcircuit_/);
      expect(faultsIn(expr)).toEqual([]);
      const kept = [...expr.matchAll(/\bby \(([^)]*)\)/g)].flatMap(([, by = '']) => by.split(/, */));
      const shown = [...legendFormat.matchAll(/\{\{(\w+)\}\}/g)].map(([, label = '']) => label);
      expect(shown.filter((label) => !kept.includes(label))).toEqual([]);
    }
  });
});

describe('autoscaling', () => {
  type Metric = { readonly pods: { readonly metric: { readonly name: string } } };
  const asked = manifestsIn('k8s/components/autoscaling').flatMap(({ spec }) =>
    (spec as { metrics: Metric[] }).metrics.map(({ pods }) => pods.metric.name),
  );

  it('goes by metrics that exist', () => {
    expect(asked.length).toBeGreaterThan(2);
    expect(asked.filter((name) => declared[name]?.kind !== 'gauge')).toEqual([]);
  });

  it('is given by the adapter, as the manual sets it up, what it asks for and nothing else', () => {
    type Values = { readonly rules: { readonly custom: readonly { seriesQuery: string; metricsQuery: string }[] } };
    const [values, ...more] = yamlIn('docs/kubernetes.md').filter((text) => text.startsWith('rules:'));
    expect(more).toEqual([]);
    const [rule] = (parse(values ?? '') as Values).rules.custom;
    const [, names = ''] = /__name__=~"([^"]+)"/.exec(rule?.seriesQuery ?? '') ?? [];
    expect(
      Object.keys(declared)
        .filter((name) => new RegExp(names).test(name))
        .sort(),
    ).toEqual(asked.sort());
    expect(rule?.metricsQuery).toBe('sum by (<<.GroupBy>>) (<<.Series>>{<<.LabelMatchers>>})');
  });
});

describe('the manual', () => {
  it('shows manifests that fit their schemas', () => {
    const shown = yamlIn('docs/kubernetes.md').filter((text) => text.startsWith('apiVersion:'));
    expect(shown.length).toBeGreaterThan(0);
    for (const manifest of shown.flatMap(parseManifests)) expect(faultsOf(manifest)).toEqual([]);
  });
});

function yamlIn(path: string): readonly string[] {
  return [...readFileSync(path, 'utf8').matchAll(/^```yaml\n([\s\S]*?)^```$/gm)].map(([, text = '']) => text);
}
