// The domain server in Java as a jar and its libraries under node_modules/.cache, made once per state of
// `examples/java` and `proto/`.

import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { filesBelow, keptFolder, protoFiles, root, whole } from './kept-folder.ts';

const run = promisify(execFile);
const example = join(root, 'examples/java');
const pom = join(example, 'pom.xml');
const quiet = ['-q', '-B', '-f', pom];
/** Packages are fetched once; a network that says nothing is none. */
const downloadMs = 240_000;

const home = keptFolder('java', [pom, ...filesBelow(join(example, 'src')), ...protoFiles()]);

/**
 * Whether this machine has Java 17 and Maven, and its packages or the network to fetch them; without them the test
 * that needs it is skipped, visibly.
 */
export async function hasJava(): Promise<boolean> {
  try {
    await run('javac', ['--release', '17', '--version']);
    if (existsSync(home)) return true;
    await run('mvn', [...quiet, 'dependency:go-offline'], { timeout: downloadMs });
    return true;
  } catch {
    return false;
  }
}

/** Its class path, with stubs made from `proto/` as it is now. */
export async function buildJava(): Promise<string> {
  await whole(home, (unfinished) => run('mvn', [...quiet, `-Dcircuit.out=${unfinished}`, 'package']));
  return `${join(home, 'domain-server.jar')}:${join(home, 'lib')}/*`;
}
