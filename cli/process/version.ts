// Which version of the mesh this is, from its package.json: the same from the sources and from dist/.

import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The folder of package.json. */
export const packageRoot = ['../../', '../../../']
  .map((path) => fileURLToPath(new URL(path, import.meta.url)))
  .find((folder) => existsSync(`${folder}package.json`)) as string;

export const version: string = JSON.parse(readFileSync(`${packageRoot}package.json`, 'utf8')).version;

/** Such as `node 20.20.2` or `deno 2.9.6`. */
export function runtime(): string {
  const { deno, node } = process.versions as Record<string, string | undefined>;
  return deno === undefined ? `node ${node}` : `deno ${deno}`;
}
