// A minute of faults, in every `npm test`: the promises hold. Ten minutes are `npm run chaos`; a seed that fails there
// is had again with --seed.

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { packageRoot } from '../../cli/process/version.ts';
import { begin, summaryOf } from './summary.ts';
import { verdictOf } from './verdict.ts';

const runMsMax = 400_000;
/** What runs: the build of this checkout, unless another one is named. */
const dist = process.env.CIRCUIT_DIST ?? join(packageRoot, 'dist');
/** The same every time: a test that fails is to fail again. */
const seed = 11;

it(
  'every promise is kept while processes die, hang and lose each other for a minute',
  async () => {
    const module = join(dist, 'tests/chaos/chaos.js');
    if (!existsSync(module)) throw new Error(`${module} is not there: run \`npm run build\` first`);
    const { chaos } = (await import(module)) as typeof import('./chaos.ts');
    const said: string[] = [];
    const say = (text: string) => said.push(text);
    const asked = { seed, seconds: 60, clients: 200 };
    const begun = begin();
    const verdict = await chaos({ ...asked, everyMs: 4_000, redis: true, say });
    const summary = summaryOf(begun, asked, verdict);
    said.push(verdictOf(summary, verdict.violations), `data and logs in ${verdict.folder}`);
    expect(verdict.violations, said.join('\n')).toEqual([]);
    expect(summary.proof.timeShare).toBeGreaterThan(0);
    expect(summary.counts.told).toBeGreaterThan(10);
    expect(summary.counts.withheld).toBeGreaterThan(0);
    expect(verdict.history.faults.length).toBeGreaterThan(5);
    expect(verdict.history.acknowledged.length).toBeGreaterThan(1_000);
  },
  runMsMax,
);
