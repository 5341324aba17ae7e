// For tests: bundles the store as it is now and runs it in a process of its own.
import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { build } from 'esbuild';

export type StoreProcess = {
  readonly uri: string;
  readonly port: number;
  readonly process: ChildProcess;
  /** Ends it with a signal and waits until it is gone. */
  kill(signal: 'SIGKILL' | 'SIGTERM'): Promise<void>;
};

/** Answers the bundle's path, below node_modules, so that the packages are found from there. */
export async function bundleStore(entry: 'child.ts' | 'care-child.ts' = 'child.ts'): Promise<string> {
  const root = join(import.meta.dirname, '../..');
  const folder = join(root, 'node_modules/.cache/embedded');
  mkdirSync(folder, { recursive: true });
  const outfile = join(folder, `store-${randomUUID()}.mjs`);
  await build({
    entryPoints: [join(import.meta.dirname, entry)],
    bundle: true,
    platform: 'node',
    format: 'esm',
    packages: 'external',
    outfile,
    logLevel: 'error',
  });
  return outfile;
}

export type Ground = {
  /** Of 1024 bytes: the length at which writing to a file fails, as on a full disk. */
  readonly fileBlocksMax?: number;
  /** A command to run the process under, such as one that gives it a name space of its own. */
  readonly under?: readonly string[];
};

/** Runs a bundle with its arguments. */
export function spawnBundle(args: readonly string[], { fileBlocksMax, under = [] }: Ground = {}) {
  const limits = fileBlocksMax === undefined ? [] : ['bash', '-c', `ulimit -f ${fileBlocksMax} && exec "$0" "$@"`];
  const [command, ...rest] = [...under, ...limits, process.execPath, ...args] as [string, ...string[]];
  const child = spawn(command, rest, { stdio: ['ignore', 'pipe', 'pipe'] });
  running.add(child);
  child.once('exit', () => running.delete(child));
  return child;
}

const running = new Set<ChildProcess>();

/** Kills what a test that failed has left running. */
export function killLeft(): void {
  for (const child of running) child.kill('SIGKILL');
}

/** Throws if the process ends before it listens, with what it said. */
export function spawnStore(bundle: string, dataDir: string, ground?: Ground): Promise<StoreProcess> {
  const child = spawnBundle([bundle, dataDir], ground);
  let said = '';
  child.stderr.on('data', (chunk) => {
    said += chunk;
  });
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  return new Promise((resolve, reject) => {
    child.once('exit', (code) => reject(new Error(`the store ended with ${code} before it listened: ${said}`)));
    createInterface({ input: child.stdout }).once('line', (line) => {
      const { listening, port } = JSON.parse(line) as { listening: string; port: number };
      resolve({
        uri: listening,
        port,
        process: child,
        async kill(signal) {
          child.kill(signal);
          await gone;
        },
      });
    });
  });
}
