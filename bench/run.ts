// `npm run bench [-- --keep] [name …]`: every subject in a process of its own, one table, one JSON file a run. With
// `--keep` the run goes to docs/figures/ and onto its page; `--page` measures nothing and makes the page anew.

import { spawn } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { commitMeasured } from './commit.ts';
import { loadAverage, thisMachine } from './machine.ts';
import { figuresFolder, writePage } from './page/write-page.ts';
import type { Row } from './row.ts';
import { type Result, type Run, runName } from './run-record.ts';
import { subjects } from './subjects.ts';
import { headInWords, resultInWords } from './words.ts';

const flags = ['--keep', '--page'];
const passing = 'bench/results';

const given = process.argv.slice(2);
const asked = given.filter((name) => !flags.includes(name));
const unknown = asked.filter((name) => !Object.hasOwn(subjects, name));
if (unknown.length > 0) {
  console.error(`There is no bench named ${unknown.join(', ')}; there are ${Object.keys(subjects).join(', ')}.`);
  process.exit(2);
}
if (given.includes('--page')) await writePage();
else await measureAll(asked.length > 0 ? asked : Object.keys(subjects), given.includes('--keep'));

async function measureAll(names: readonly string[], keep: boolean): Promise<void> {
  const commit = commitMeasured();
  const begun = { at: new Date().toISOString(), ...(commit !== undefined && { commit }), machine: thisMachine() };
  const start = loadAverage();
  const printed: string[] = [];
  const print = (text: string) => {
    printed.push(text);
    console.log(text);
  };
  print(headInWords(begun, start));
  const results: Result[] = [];
  for (const subject of names) {
    process.stderr.write(`· ${subject} …\n`);
    const result = await measure(subject);
    results.push(result);
    print(resultInWords(result));
  }
  const end = loadAverage();
  print(`\nLoad average at the end ${end.toFixed(2)}. Ratios count; absolute figures wander with the machine.`);
  const path = await write({ ...begun, load: { start, end }, results }, printed.join('\n'), keep);
  const failed = results.filter((result) => result.failed !== undefined).map((result) => result.subject);
  if (failed.length > 0) console.error(`Failed: ${failed.join(', ')}; so the run is not put onto the page.`);
  console.log(`Kept in ${path}.`);
  process.exitCode = failed.length > 0 ? 1 : 0;
}

function measure(subject: string): Promise<Result> {
  const started = Date.now();
  return new Promise((resolve) => {
    const program = fileURLToPath(new URL('./one.js', import.meta.url));
    const child = spawn(process.execPath, ['--expose-gc', program, subject], { stdio: ['ignore', 'pipe', 'inherit'] });
    const printed: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => printed.push(chunk));
    child.on('close', (code) => {
      const seconds = (Date.now() - started) / 1000;
      const last = Buffer.concat(printed).toString('utf8').trim().split('\n').at(-1) ?? '';
      if (code !== 0) return resolve({ subject, seconds, rows: [], failed: `ended with ${code}` });
      resolve({ subject, seconds, rows: JSON.parse(last) as Row[] });
    });
  });
}

/** A run that is kept has its output beside it, and comes onto the page; one with a failure is not kept. */
async function write(run: Run, printed: string, keep: boolean): Promise<string> {
  const kept = keep && run.results.every((result) => result.failed === undefined);
  const path = kept
    ? join(figuresFolder, `bench-${runName(run)}.json`)
    : `${passing}/${run.at.replaceAll(':', '-')}.json`;
  await mkdir(kept ? figuresFolder : passing, { recursive: true });
  await writeFile(path, `${JSON.stringify(run, undefined, 2)}\n`);
  if (!kept) return path;
  await writeFile(path.replace(/json$/, 'txt'), `${printed}\n`);
  await writePage();
  return path;
}
