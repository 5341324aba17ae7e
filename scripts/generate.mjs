// Makes gen/ from proto/: TypeScript by ts-proto, the descriptor set that the mesh reads at start,
// and what is made from that: the table of error reasons and the types of the edge's JSON.

import { join } from 'node:path';
import { root, run } from './set-up.mjs';

await run('node_modules/.bin/buf', ['generate']);
await run('node_modules/.bin/buf', ['build', '-o', 'gen/descriptors.binpb']);

// Imported only now: in a fresh clone its packages were not there when this program's imports were read.
const { readRegistry } = await import('./generate/descriptors.mjs');
const { generateReasons } = await import('./generate/reasons.mjs');
const { generateJsonTypes } = await import('./generate/json-types.mjs');
const registry = readRegistry();
generateReasons(registry, join(root, 'gen/reasons.ts'));
generateJsonTypes(registry, join(root, 'gen/json/api.ts'));
