// Looks after a store's data in a process of its own, for tests that give it no room. Arguments: what, data directory,
// folder. Prints what was done.
import { compact } from '../care/compact.ts';
import { exportData } from '../care/dump.ts';

const [, , what, dataDir = '', folder = ''] = process.argv;
const done = what === 'export' ? await exportData(dataDir, folder) : await compact(dataDir);
process.stdout.write(`${JSON.stringify(done)}\n`);
