// The store as a process of a chaos run: as `circuit store`, with MongoDB's fail points allowed. Argument: its folder.

import { openStore } from '../../../embedded/store.ts';

const store = await openStore({ dataDir: process.argv[2] as string, port: 0, strict: true, enableTestCommands: true });
process.stdout.write(`${JSON.stringify({ listening: store.uri })}\n`);

const end = () => void store.close().then(() => process.exit(0));
process.once('SIGTERM', end);
// Whoever started it is gone.
process.stdin.once('close', end);
process.stdin.resume();
