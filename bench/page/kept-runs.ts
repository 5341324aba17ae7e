// The runs that were kept, and what each figure was over them.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Row } from '../row.ts';
import { type Result, type Run, runName } from '../run-record.ts';
import { subjects } from '../subjects.ts';

/** Oldest first. */
export function readRuns(folder: string): readonly Run[] {
  return readdirSync(folder)
    .filter((name) => /^bench-.*\.json$/.test(name))
    .map((name) => JSON.parse(readFileSync(join(folder, name), 'utf8')) as Run)
    .sort((one, other) => (runName(one) < runName(other) ? -1 : 1));
}

/** Files with what runs of `npm run chaos` printed: `chaos-<day>.txt`. Newest first. */
export function chaosOutputs(folder: string): readonly string[] {
  return readdirSync(folder)
    .filter((name) => /^chaos-.*\.txt$/.test(name))
    .sort()
    .reverse();
}

/** A subject as the newest run that has it measured it. */
export type Newest = { readonly run: Run; readonly result: Result };

/** In the bench's order; subjects that no run has are left out. */
export function newestOfEach(runs: readonly Run[]): readonly Newest[] {
  return Object.keys(subjects).flatMap((subject) => {
    for (const run of [...runs].reverse()) {
      const result = run.results.find((one) => one.subject === subject);
      if (result !== undefined) return [{ run, result }];
    }
    return [];
  });
}

/** One figure in one run. */
export type Point = { readonly at: string; readonly row: Row };

/** A figure by its name over all runs that have it, oldest first. */
export function pointsOf(runs: readonly Run[], subject: string, name: string): readonly Point[] {
  return runs.flatMap(({ at, results }) => {
    const row = results.find((result) => result.subject === subject)?.rows.find((one) => one.name === name);
    return row === undefined ? [] : [{ at, row }];
  });
}
