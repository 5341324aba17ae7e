// Opens a data directory: its lock first, then its LMDB file. Whoever holds this may change files in the directory.
import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { Environment } from './environment.ts';
import { takeLock } from './lock.ts';

export type Files = {
  readonly environment: Environment;
  /** A damaged file's last commit, never acknowledged, was taken back. */
  readonly restored: boolean;
  /** Closes the file, does what is to be done while nobody else may open it, and gives the directory free. */
  close(whileAlone?: () => void): Promise<void>;
};

/** The folder of the LMDB files within the data directory. */
export const filesIn = (dataDir: string) => join(dataDir, 'lmdb');
/** How names of folders begin that hold a copy in the making. */
export const copyPrefix = 'lmdb.copy-';

/** Looks at the folder of the LMDB files while nobody has them open. */
export type Inspect = (folder: string) => void;

/** Throws if a process has the data open, or the file is damaged. Makes what is not there. */
export function openFiles(dataDir: string, inspect?: Inspect): Files {
  mkdirSync(dataDir, { recursive: true });
  const lock = takeLock(dataDir);
  let environment: Environment;
  try {
    for (const name of readdirSync(dataDir)) {
      if (name.startsWith(copyPrefix)) rmSync(join(dataDir, name), { recursive: true });
    }
    inspect?.(filesIn(dataDir));
    environment = new Environment(filesIn(dataDir));
  } catch (error) {
    void lock.release();
    throw error;
  }
  return {
    environment,
    restored: environment.restored,
    async close(whileAlone) {
      try {
        await environment.close();
        whileAlone?.();
      } finally {
        await lock.release();
      }
    },
  };
}
