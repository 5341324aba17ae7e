// Loaded into a process by --import: plants the bug that CHAOS_PLANT names. See plants.ts.

import { register } from 'node:module';

register('./loader.js', import.meta.url, { data: process.env.CHAOS_PLANT });
