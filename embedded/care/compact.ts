// Writes the data anew without its free pages. The old file is replaced, in one step, only when the new one is whole on
// disk; until then nobody else may open the directory.
import { closeSync, fsyncSync, mkdtempSync, openSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { copyPrefix, filesIn } from '../storage/open-files.ts';
import { openOffline } from './offline.ts';

export type Compacted = { readonly bytesBefore: number; readonly bytesAfter: number };

/** Throws if a process has the data open, or the disk has no room for the copy: then nothing has changed. */
export async function compact(dataDir: string): Promise<Compacted> {
  const offline = openOffline(dataDir);
  const current = join(filesIn(dataDir), 'data.mdb');
  let copy: string | undefined;
  let replaced: Compacted | undefined;
  try {
    copy = mkdtempSync(join(dataDir, copyPrefix));
    await offline.environment.copyTo(copy);
    sync(join(copy, 'data.mdb'));
    const fresh = join(copy, 'data.mdb');
    replaced = { bytesBefore: statSync(current).size, bytesAfter: statSync(fresh).size };
  } finally {
    await offline.close(() => {
      if (copy === undefined) return;
      if (replaced !== undefined) {
        renameSync(join(copy, 'data.mdb'), current);
        sync(filesIn(dataDir));
      }
      rmSync(copy, { recursive: true });
    });
  }
  return replaced;
}

function sync(path: string): void {
  const file = openSync(path, 'r');
  fsyncSync(file);
  closeSync(file);
}
