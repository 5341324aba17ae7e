// The embedded store's figures: inserts against the same inserts done on LMDB directly, single operations at a small
// and at a large collection, start-up time and memory at the large one.

import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { runLoad } from '../load/fork.ts';
import { median } from '../median.ts';
import { versionOf } from '../peers.ts';
import { against, quoted } from '../rounds.ts';
import type { Row } from '../row.ts';
import type { DirectResult, DirectTask } from './direct.ts';
import type { FillResult, FillTask } from './fill.ts';
import type { Operation, OperationResult, OperationTask } from './operations.ts';

const small = 1000;
const large = 5_000_000;
const rounds = 5;
/** Of single operations, each some seconds long. */
const operationRounds = 3;
const batches = 40;

type Running = { readonly uri: string; readonly pid: number; readonly startMs: number; stop(): Promise<void> };

export async function rows(): Promise<readonly Row[]> {
  const folder = mkdtempSync(join(tmpdir(), 'bench-store-'));
  try {
    return [...(await bulk(folder)), ...(await singles(folder, small)), ...(await atLarge(folder))];
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Both sides in turn, so that what else the machine does meets both. */
async function bulk(folder: string): Promise<Row[]> {
  const direct: number[] = [];
  const one: OperationResult[] = [];
  const two: OperationResult[] = [];
  for (let round = 0; round < rounds; round++) {
    direct.push((await runLoad<DirectTask, DirectResult>('store/direct', { batches, batchSize: 500 })).perSecond);
    one.push(await inserts(join(folder, `one-${round}`), 1));
    two.push(await inserts(join(folder, `two-${round}`), 2));
  }
  const row = (name: string, results: readonly OperationResult[], goal?: number): Row => ({
    name,
    ...figuresOf(results),
    unit: 'documents/s',
    ...against(perSecond(results), direct),
    of: 'the same inserts on LMDB directly',
    ...(goal !== undefined && { goal }),
    note: 'flushed; driver in a process of its own on the same cores',
  });
  return [
    {
      name: 'LMDB directly: batches of 500 documents, 4 keys each',
      ...quoted(direct),
      unit: 'documents/s',
      note: `lmdb ${versionOf('lmdb')}, one process, document by document, flushed with every batch`,
    },
    row('insertMany of 500 with three indexes, one in flight', one),
    row('insertMany of 500 with three indexes, two in flight', two, 0.7),
  ];
}

function perSecond(results: readonly OperationResult[]): number[] {
  return results.map((result) => result.perSecond);
}

function figuresOf(results: readonly OperationResult[]): Pick<Row, 'value' | 'spread' | 'generator'> {
  return { ...quoted(perSecond(results)), generator: median(results.map((result) => result.generator)) };
}

async function inserts(dataDir: string, inFlight: number): Promise<OperationResult> {
  const store = await start(dataDir);
  const result = await measure(store, { operation: 'insertMany', inFlight, count: batches, known: 0 });
  await store.stop();
  rmSync(dataDir, { recursive: true });
  return result;
}

async function singles(folder: string, documents: number): Promise<Row[]> {
  const dataDir = join(folder, `at-${documents}`);
  await runLoad<FillTask, FillResult>('store/fill', { dataDir, count: documents });
  return operationsOn(dataDir, documents);
}

async function operationsOn(dataDir: string, documents: number): Promise<Row[]> {
  const store = await start(dataDir);
  const wanted: readonly [name: string, operation: Operation, inFlight: number, count: number][] = [
    ['find by unique key, 16 in flight', 'findOne', 16, 10_000],
    ['range of 50 by index, 16 in flight', 'range', 16, 2000],
    ['updateOne, 16 in flight', 'updateOne', 16, 5000],
    ['findAndModify, 16 in flight', 'findAndModify', 16, 5000],
    ['insertOne, 16 in flight', 'insertOne', 16, 5000],
    ['insertOne, 256 in flight', 'insertOne', 256, 10_000],
  ];
  const out: Row[] = [];
  let known = documents;
  for (const [name, operation, inFlight, count] of wanted) {
    const results: OperationResult[] = [];
    for (let round = 0; round < operationRounds; round++) {
      results.push(await measure(store, { operation, inFlight, count, known }));
      if (operation === 'insertOne') known += count + Math.ceil(count / 5) + inFlight;
    }
    out.push({
      name: `${name}, at ${documents.toLocaleString('en')} documents`,
      ...figuresOf(results),
      unit: 'operations/s',
      note: 'driver in a process of its own on the same cores',
    });
  }
  await store.stop();
  return out;
}

async function atLarge(folder: string): Promise<Row[]> {
  const dataDir = join(folder, 'large');
  const { seconds } = await runLoad<FillTask, FillResult>('store/fill', { dataDir, count: large });
  const startMs: number[] = [];
  const megabytes: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const store = await start(dataDir);
    startMs.push(store.startMs);
    megabytes.push(privateMegabytes(store.pid));
    await store.stop();
  }
  const note = `${large.toLocaleString('en')} documents, filled in ${seconds.toFixed(0)} s`;
  const out: Row[] = [
    {
      name: 'start-up',
      ...quoted(startMs),
      unit: 'ms',
      goal: 1000,
      less: true,
      note: `process start to listening; ${note}`,
    },
    {
      name: 'memory after start',
      ...quoted(megabytes),
      unit: 'MB',
      note: `private, without mapped file pages; ${note}`,
    },
  ];
  return [...out, ...(await operationsOn(dataDir, large))];
}

function measure(store: Running, task: Omit<OperationTask, 'uri'>): Promise<OperationResult> {
  return runLoad<OperationTask, OperationResult>('store/operations', { uri: store.uri, ...task });
}

async function start(dataDir: string): Promise<Running> {
  const program = fileURLToPath(new URL('../../cli/circuit.js', import.meta.url));
  const began = performance.now();
  const child = spawn(process.execPath, [program, 'store', '--data', dataDir, '--port', '0', '--strict'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const line = await firstLine(child);
  const { listening } = JSON.parse(line) as { listening: string };
  return {
    uri: listening,
    pid: child.pid!,
    startMs: performance.now() - began,
    stop: () =>
      new Promise((resolve) => {
        child.once('exit', () => resolve());
        child.kill('SIGTERM');
      }),
  };
}

function firstLine(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    createInterface({ input: child.stdout! }).once('line', resolve);
    child.once('exit', (code) => reject(new Error(`the store ended with ${code}`)));
  });
}

function privateMegabytes(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(/RssAnon:\s+(\d+)/.exec(status)?.[1] ?? Number.NaN) / 1024;
}
