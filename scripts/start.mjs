// `npm start`: sets up, then runs everything on this machine until Ctrl-C. Arguments go to `circuit up`.

import { join } from 'node:path';
import { root, setUp } from './set-up.mjs';

await setUp();
// In this very process, so that signals, the terminal and the exit code are those of the mesh itself.
const script = join(root, 'dist/cli/circuit.js');
process.argv.splice(1, 1, script, 'up');
await import(script);
