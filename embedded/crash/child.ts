// A store in a process of its own, for tests that kill it. Arguments: data directory. Prints its address when ready.
import { openStore } from '../store.ts';

const store = await openStore({ dataDir: process.argv[2]!, port: 0, enableTestCommands: true });
process.stdout.write(`${JSON.stringify({ listening: store.uri, port: store.port })}\n`);
