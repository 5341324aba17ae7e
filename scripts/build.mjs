// `npm run build`: generated code and compiled TypeScript, only what changed.

import { setUp } from './set-up.mjs';

await setUp();
