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
export async function bundleStore(): Promise<string> {
  const root = join(import.meta.dirname, '../..');
  const folder = join(root, 'node_modules/.cache/embedded');
  mkdirSync(folder, { recursive: true });
  const outfile = join(folder, `store-${randomUUID()}.mjs`);
  await build({
    entryPoints: [join(import.meta.dirname, 'child.ts')],
    bundle: true,
    platform: 'node',
    format: 'esm',
    packages: 'external',
    outfile,
    logLevel: 'error',
  });
  return outfile;
}

/**
 * Throws if the process ends before it listens, with what it said. `fileBlocksMax` (of 1024 bytes) is the length at
 * which writing to a file fails, as on a full disk.
 */
export function spawnStore(bundle: string, dataDir: string, fileBlocksMax?: number): Promise<StoreProcess> {
  const [command, args] =
    fileBlocksMax === undefined
      ? [process.execPath, [bundle, dataDir]]
      : ['bash', ['-c', `ulimit -f ${fileBlocksMax} && exec "$0" "$@"`, process.execPath, bundle, dataDir]];
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] });
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
