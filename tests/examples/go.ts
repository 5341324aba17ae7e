// The domain server in Go as a program under node_modules/.cache, made once per state of `examples/go` and `proto/`.

import { execFile } from 'node:child_process';
import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { keptFolder, protoFiles, root, whole } from './kept-folder.ts';

const run = promisify(execFile);
const example = join(root, 'examples/go');
const written = ['go.mod', 'go.sum', 'domain_server.go'];
/** Modules are fetched once; a network that says nothing is none. */
const downloadMs = 120_000;

/**
 * Whether this machine has a Go that is new enough, and its modules or the network to fetch them; without them the
 * test that needs it is skipped, visibly.
 */
export async function hasGo(): Promise<boolean> {
  try {
    const env = { ...process.env, GOTOOLCHAIN: 'local' };
    await run('go', ['mod', 'download'], { cwd: example, timeout: downloadMs, env });
    return true;
  } catch {
    return false;
  }
}

/** The program, with stubs made from `proto/` as it is now, as `go generate && go build` make it. */
export async function buildGo(): Promise<string> {
  const sources = [...written, 'buf.gen.yaml'].map((name) => join(example, name));
  const home = keptFolder('go', [...sources, ...protoFiles()]);
  await whole(home, async (unfinished) => {
    for (const name of written) await copyFile(join(example, name), join(unfinished, name));
    await run(join(root, 'node_modules/.bin/buf'), ['generate', '--output', unfinished], { cwd: example });
    await run('go', ['build', '-o', 'domain-server', '.'], { cwd: unfinished });
  });
  return join(home, 'domain-server');
}
