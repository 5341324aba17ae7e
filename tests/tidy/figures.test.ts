import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { chaosOutputs, readRuns } from '../../bench/page/kept-runs.ts';
import { pageOf } from '../../bench/page/page.ts';
import { root } from './source-files.ts';

const folder = join(root, 'docs/figures');

describe('docs/figures', () => {
  const runs = readRuns(folder);

  it('has the page and the charts that `npm run bench -- --page` makes of what is kept', () => {
    const page = pageOf(runs, chaosOutputs(folder));
    const stale = [...page].filter(([name, text]) => {
      const path = join(folder, name);
      return !existsSync(path) || readFileSync(path, 'utf8') !== text;
    });
    expect(stale.map(([name]) => name)).toEqual([]);
    const charts = readdirSync(join(folder, 'charts')).map((name) => `charts/${name}`);
    expect(charts.filter((name) => !page.has(name))).toEqual([]);
  });

  it('has what each run printed beside it', () => {
    const runFiles = readdirSync(folder).filter((name) => /^bench-.*\.json$/.test(name));
    expect(runFiles.length).toBeGreaterThan(0);
    expect(runFiles.filter((name) => !existsSync(join(folder, name.replace(/json$/, 'txt'))))).toEqual([]);
  });
});
