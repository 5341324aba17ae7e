// `npm run bench [-- --keep] [name …]`: sets up, then measures; see bench/run.ts.

import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { root, setUp } from './set-up.mjs';

await setUp();
const arguments_ = ['--enable-source-maps', join(root, 'dist/bench/run.js'), ...process.argv.slice(2)];
const bench = spawnSync(process.execPath, arguments_, { cwd: root, stdio: 'inherit' });
process.exit(bench.status ?? 1);
