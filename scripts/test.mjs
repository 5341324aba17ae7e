// `npm test`: sets up, lints, then runs every test. `npm test -- path` runs some of them.

import { spawnSync } from 'node:child_process';
import { root, run, setUp } from './set-up.mjs';

await setUp();
const only = process.argv.slice(2);
if (only.length === 0) {
  process.stderr.write('· lint …');
  await run('npm', ['run', 'lint']);
  process.stderr.write('\r· lint clean\n');
}
const tests = spawnSync('node_modules/.bin/vitest', ['run', ...only], { cwd: root, stdio: 'inherit' });
process.exit(tests.status ?? 1);
