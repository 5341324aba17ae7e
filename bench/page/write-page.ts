// Writes the page of figures from the runs that were kept.

import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { chaosOutputs, readRuns } from './kept-runs.ts';
import { pageOf } from './page.ts';

export const figuresFolder = 'docs/figures';

export async function writePage(folder: string = figuresFolder): Promise<void> {
  const charts = join(folder, 'charts');
  await rm(charts, { recursive: true, force: true });
  await mkdir(charts, { recursive: true });
  const page = pageOf(readRuns(folder), chaosOutputs(folder));
  for (const [name, text] of page) await writeFile(join(folder, name), text);
}
