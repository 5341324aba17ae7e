// Folders under node_modules/.cache that are made once for a state of the files they are made of.

import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';

export const root = join(import.meta.dirname, '../..');
const cache = join(root, 'node_modules/.cache');

/** The API's files, as they are now. */
export function protoFiles(): readonly string[] {
  return filesBelow(join(root, 'proto')).filter((path) => path.endsWith('.proto'));
}

/** All files in a folder and below it. */
export function filesBelow(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}

/** Where the folder of this name is that was made of these files, whether it is there or not. */
export function keptFolder(name: string, files: readonly string[]): string {
  const hash = createHash('sha256');
  for (const file of files.toSorted()) hash.update(readFileSync(file));
  return join(cache, `${name}-${hash.digest('hex').slice(0, 12)}`);
}

/**
 * Makes a folder under another name first, so that one that is there is whole, whoever else makes it now. Those made of
 * the same files as they were before go.
 */
export async function whole(folder: string, make: (unfinished: string) => Promise<unknown>): Promise<void> {
  if (existsSync(folder)) return;
  const unfinished = `${folder}.${process.pid}`;
  await mkdir(unfinished, { recursive: true });
  try {
    await make(unfinished);
    await rename(unfinished, folder).catch((error: unknown) => {
      if (!existsSync(folder)) throw error;
    });
    await Promise.all(formerOf(folder).map((former) => rm(former, { recursive: true, force: true })));
  } finally {
    await rm(unfinished, { recursive: true, force: true });
  }
}

function formerOf(folder: string): readonly string[] {
  const name = (path: string) => /^(.+)-[0-9a-f]{12}$/.exec(basename(path))?.[1];
  return readdirSync(cache)
    .map((each) => join(cache, each))
    .filter((path) => path !== folder && name(path) === name(folder));
}
