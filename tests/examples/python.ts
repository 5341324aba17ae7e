// Python for the tests that need another language's client: an environment of its own under node_modules/.cache, made
// once per set of requirements by the machine's python3 and pip; stubs once per state of `proto/`.

import { execFile, execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const root = join(import.meta.dirname, '../..');

/**
 * Whether this machine has a Python that can make environments; without it the tests that need it are skipped,
 * visibly.
 */
export function hasPython(): boolean {
  try {
    execFileSync('python3', ['-c', 'import venv, ensurepip'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

export type PythonEnvironment = {
  readonly python: string;
  /** Folder of the stubs, for PYTHONPATH. */
  readonly stubs: string;
};

/** The environment of `examples/python`, with stubs made from `proto/` as it is now. */
export async function openPython(): Promise<PythonEnvironment> {
  const example = join(root, 'examples/python');
  const requirements = join(example, 'requirements.txt');
  const home = join(root, 'node_modules/.cache', `python-${digestOf([requirements])}`);
  await whole(home, async (unfinished) => {
    await run('python3', ['-m', 'venv', unfinished]);
    await run(join(unfinished, 'bin/python'), ['-m', 'pip', 'install', '--quiet', '-r', requirements]);
  });
  const python = join(home, 'bin/python');
  const protos = readdirSync(join(root, 'proto'), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.proto'))
    .map((path) => join(root, 'proto', path));
  const stubs = join(home, `stubs-${digestOf(protos)}`);
  await whole(stubs, (unfinished) => run(python, [join(example, 'generate.py'), unfinished]));
  return { python, stubs };
}

function digestOf(files: readonly string[]): string {
  const hash = createHash('sha256');
  for (const file of files.toSorted()) hash.update(readFileSync(file));
  return hash.digest('hex').slice(0, 12);
}

/** Makes a folder under another name first, so that one that is there is whole, whoever else makes it now. */
async function whole(folder: string, make: (unfinished: string) => Promise<unknown>): Promise<void> {
  if (existsSync(folder)) return;
  const unfinished = `${folder}.${process.pid}`;
  await mkdir(dirname(folder), { recursive: true });
  try {
    await make(unfinished);
    await rename(unfinished, folder).catch((error: unknown) => {
      if (!existsSync(folder)) throw error;
    });
  } finally {
    await rm(unfinished, { recursive: true, force: true });
  }
}
