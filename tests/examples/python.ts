// Python for the tests that need another language's client: an environment of its own under node_modules/.cache, made
// once per set of requirements by the machine's python3 and pip.

import { execFile, execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
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
  const digest = createHash('sha256')
    .update(await readFile(requirements))
    .digest('hex')
    .slice(0, 12);
  const cache = join(root, 'node_modules/.cache');
  const home = join(cache, `python-${digest}`);
  if (!existsSync(home)) await makeEnvironment(cache, home, requirements);
  const python = join(home, 'bin/python');
  const stubs = join(home, 'stubs');
  await run(python, [join(example, 'generate.py'), stubs]);
  return { python, stubs };
}

/** Under another name first: an environment that is there is whole. */
async function makeEnvironment(cache: string, home: string, requirements: string): Promise<void> {
  await mkdir(cache, { recursive: true });
  const unfinished = `${home}.${process.pid}`;
  try {
    await run('python3', ['-m', 'venv', unfinished]);
    await run(join(unfinished, 'bin/python'), ['-m', 'pip', 'install', '--quiet', '-r', requirements]);
    await rename(unfinished, home).catch((error: unknown) => {
      if (!existsSync(home)) throw error;
    });
  } finally {
    await rm(unfinished, { recursive: true, force: true });
  }
}
