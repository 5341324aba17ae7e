// Python for the tests that need another language's client: an environment of its own under node_modules/.cache, made
// once per set of requirements by the machine's python3 and pip; stubs once per state of `proto/`.

import { execFile, execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { keptFolder, protoFiles, root, whole } from './kept-folder.ts';

const run = promisify(execFile);

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
  const home = keptFolder('python', [requirements]);
  await whole(home, async (unfinished) => {
    await run('python3', ['-m', 'venv', unfinished]);
    await run(join(unfinished, 'bin/python'), ['-m', 'pip', 'install', '--quiet', '-r', requirements]);
  });
  const python = join(home, 'bin/python');
  const stubs = keptFolder('python-stubs', [requirements, join(example, 'generate.py'), ...protoFiles()]);
  await whole(stubs, (unfinished) => run(python, [join(example, 'generate.py'), unfinished]));
  return { python, stubs };
}
