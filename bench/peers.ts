// The versions of what the bench measures against.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../cli/process/version.ts';

/** Of an installed package, such as `4.8.4`. */
export function versionOf(name: string): string {
  const file = readFileSync(join(packageRoot, 'node_modules', name, 'package.json'), 'utf8');
  return (JSON.parse(file) as { version: string }).version;
}
