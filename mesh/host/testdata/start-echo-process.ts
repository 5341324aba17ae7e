// Starts the echo process: bundled for the occasion, since Node 20 does not run TypeScript.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { build } from 'esbuild';

export type EchoProcess = {
  readonly address: string;
  /** The next line that it prints. */
  line(): Promise<string>;
  signal(name: NodeJS.Signals): void;
  close(): Promise<void>;
};

export async function startEchoProcess(secret: string, descriptors: Uint8Array): Promise<EchoProcess> {
  // Within the package, so that it finds the installed packages.
  await mkdir('.tmp', { recursive: true });
  const folder = await mkdtemp(join('.tmp', 'echo-'));
  const program = join(folder, 'echo.mjs');
  const set = join(folder, 'set.binpb');
  await writeFile(set, descriptors);
  await build({
    entryPoints: ['mesh/host/testdata/echo-process.ts'],
    outfile: program,
    bundle: true,
    platform: 'node',
    format: 'esm',
    packages: 'external',
  });
  const child: ChildProcess = spawn(process.execPath, [program, secret, set], { stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = createInterface({ input: child.stdout! })[Symbol.asyncIterator]();
  const line = async () => String((await lines.next()).value);
  return {
    address: await line(),
    line,
    signal: (name) => void child.kill(name),
    async close() {
      if (child.exitCode === null && child.signalCode === null) {
        child.kill('SIGKILL');
        await once(child, 'exit');
      }
      await rm(folder, { recursive: true, force: true });
    },
  };
}
