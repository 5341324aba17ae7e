// Writes the data anew without its free pages. The old files are replaced only when the new ones are whole on disk.
import { closeSync, fsyncSync, mkdirSync, openSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { filesIn, openOffline } from './offline.ts';

export type Compacted = { readonly bytesBefore: number; readonly bytesAfter: number };

export async function compact(dataDir: string): Promise<Compacted> {
  const fresh = join(dataDir, 'lmdb.compact');
  const old = join(dataDir, 'lmdb.old');
  rmSync(fresh, { recursive: true, force: true });
  mkdirSync(fresh);
  const offline = openOffline(dataDir);
  const bytesBefore = sizeOf(filesIn(dataDir));
  try {
    await offline.environment.copyTo(fresh);
    for (const name of readdirSync(fresh)) sync(join(fresh, name));
    sync(fresh);
  } finally {
    await offline.close();
  }
  rmSync(old, { recursive: true, force: true });
  renameSync(filesIn(dataDir), old);
  renameSync(fresh, filesIn(dataDir));
  sync(dataDir);
  rmSync(old, { recursive: true });
  return { bytesBefore, bytesAfter: sizeOf(filesIn(dataDir)) };
}

/** Puts the data back that a crash of compact left under its other name. */
export function finishCompact(dataDir: string): void {
  const files = readdirSync(dataDir);
  if (!files.includes('lmdb') && files.includes('lmdb.old')) renameSync(join(dataDir, 'lmdb.old'), filesIn(dataDir));
}

function sizeOf(folder: string): number {
  return statSync(join(folder, 'data.mdb')).size;
}

function sync(path: string): void {
  const file = openSync(path, 'r');
  fsyncSync(file);
  closeSync(file);
}
