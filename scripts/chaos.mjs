// `npm run chaos`: sets up, then breaks a mesh of real processes on purpose and proves that it keeps its promises; see
// docs/chaos.md.

import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { root, setUp } from './set-up.mjs';

await setUp();
const arguments_ = ['--enable-source-maps', join(root, 'dist/tests/chaos/run.js'), ...process.argv.slice(2)];
const chaos = spawnSync(process.execPath, arguments_, { cwd: root, stdio: 'inherit' });
process.exit(chaos.status ?? 1);
