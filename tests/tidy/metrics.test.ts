import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type Metric, metrics } from '../../mesh/telemetry/names.ts';
import { describedMetrics } from '../../mesh/telemetry/printed.ts';
import { codeOf, isForTests, root, sources, textFiles } from './source-files.ts';

const declared: Readonly<Record<string, Metric>> = metrics;
const names = Object.keys(declared);

describe('docs/metrics.md', () => {
  it('says what `circuit config --metrics` prints', () => {
    expect(readFileSync(join(root, 'docs/metrics.md'), 'utf8')).toBe(describedMetrics());
  });
});

describe('every log line', () => {
  it('that a document tells to look for is written somewhere', () => {
    const production = sources.filter(({ path }) => !isForTests(path));
    const code = production.map(codeOf).join('\n');
    const told = textFiles.filter(({ path }) => path === 'docs/runbook.md' || path === 'docs/operations.md');
    const commands = /^(circuit|npm|kubectl|cmctl|cluster) /;
    const lines = told.flatMap(({ text }) => [...text.matchAll(/`([a-z]+( [a-z]+)+)`/g)].map(([, line = '']) => line));
    const quoted = lines.filter((line) => !commands.test(line));
    expect(quoted).toContain('not ready');
    expect(quoted.filter((line) => !code.includes(line))).toEqual([]);
  });
});

describe('every metric', () => {
  it('is measured somewhere', () => {
    const production = sources.filter(({ path }) => !isForTests(path) && path !== 'mesh/telemetry/names.ts');
    const code = production.map(codeOf).join('\n');
    expect(names.filter((name) => !code.includes(`'${name}'`))).toEqual([]);
  });

  it('is a counter if its name ends with _total, and only then', () => {
    const odd = names.filter((name) => (declared[name]?.kind === 'counter') !== name.endsWith('_total'));
    expect(odd).toEqual([]);
  });

  it('that a document or a manifest names exists', () => {
    const told = textFiles.filter(({ path }) => /^(docs|k8s)\/|^[A-Z]+\.md$/.test(path));
    const unknown = told.flatMap(({ path, text }) =>
      [...text.matchAll(/\bcircuit_[a-z_]+\b/g)]
        .map(([name]) => name.replace(/_(bucket|sum|count)$/, ''))
        .filter((name) => !Object.hasOwn(declared, name))
        .map((name) => `${path}: ${name}`),
    );
    expect(unknown).toEqual([]);
  });
});
