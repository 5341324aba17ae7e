// `npm run bench [name …]`: every subject in a process of its own, one table, one JSON file a run.

import { spawn } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { cpus, totalmem } from 'node:os';
import { fileURLToPath } from 'node:url';
import { type Row, reached } from './row.ts';

const subjects = ['schema', 'link', 'store', 'appender', 'fanout', 'idle', 'sends', 'latency', 'history'] as const;

type Result = {
  readonly subject: string;
  readonly seconds: number;
  readonly rows: readonly Row[];
  readonly failed?: string;
};

const asked = process.argv.slice(2);
const unknown = asked.filter((name) => !(subjects as readonly string[]).includes(name));
if (unknown.length > 0) {
  console.error(`There is no bench named ${unknown.join(', ')}; there are ${subjects.join(', ')}.`);
  process.exit(2);
}

const results: Result[] = [];
for (const subject of asked.length > 0 ? asked : subjects) {
  process.stderr.write(`· ${subject} …\n`);
  const result = await measure(subject);
  results.push(result);
  print(result);
}
const file = await keep(results);
console.log(`\nKept in ${file}. Ratios count; absolute figures wander with the machine.`);
process.exitCode = results.some((result) => result.failed) ? 1 : 0;

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

function print(result: Result): void {
  console.log(`\n${result.subject} (${result.seconds.toFixed(0)} s)${result.failed ? `: ${result.failed}` : ''}`);
  for (const row of result.rows) {
    const mark = { true: '✓', false: '✗', undefined: '·' }[String(reached(row)) as 'true' | 'false' | 'undefined'];
    const ratio = row.ratio === undefined ? '' : ` = ${row.ratio.toFixed(2)} × ${row.of}`;
    const goal = row.goal === undefined ? '' : ` (goal ${row.less ? '≤' : '≥'} ${row.goal})`;
    console.log(`  ${mark} ${row.name}: ${figure(row.value)} ${row.unit}${ratio}${goal}`);
    if (row.note) console.log(`      ${row.note}`);
  }
}

function figure(value: number): string {
  const digits = value >= 100 ? 0 : value >= 10 ? 1 : 2;
  return value.toLocaleString('en-GB', { maximumFractionDigits: digits });
}

async function keep(results: readonly Result[]): Promise<string> {
  const machine = { cores: cpus().length, processor: cpus()[0]?.model, memoryBytes: totalmem(), node: process.version };
  await mkdir('bench/results', { recursive: true });
  const file = `bench/results/${new Date().toISOString().replaceAll(':', '-')}.json`;
  await writeFile(file, `${JSON.stringify({ machine, results }, undefined, 2)}\n`);
  return file;
}
