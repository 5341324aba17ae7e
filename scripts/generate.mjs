// Makes gen/ from proto/: TypeScript by ts-proto, and the descriptor set that the mesh reads at start.

import { run } from './set-up.mjs';

await run('node_modules/.bin/buf', ['generate']);
await run('node_modules/.bin/buf', ['build', '-o', 'gen/descriptors.binpb']);
