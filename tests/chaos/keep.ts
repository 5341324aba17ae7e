// Puts what a run printed, and its figures, beside those of the bench, and onto their page.

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { figuresFolder, writePage } from '../../bench/page/write-page.ts';
import { runName } from '../../bench/run-record.ts';
import type { Summary } from './summary.ts';

/** Answers the path of the text. */
export async function keep(summary: Summary, printed: string): Promise<string> {
  const path = join(figuresFolder, `chaos-${runName(summary)}.txt`);
  await writeFile(path, `${printed.trim()}\n`);
  await writeFile(path.replace(/txt$/, 'json'), `${JSON.stringify(summary, undefined, 2)}\n`);
  await writePage();
  return path;
}
