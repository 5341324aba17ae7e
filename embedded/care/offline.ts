// Opens a store's data without serving it, for the commands that look after it. Nobody else may have it open.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Catalog } from '../storage/catalog.ts';
import { Environment } from '../storage/environment.ts';
import { takeLock } from '../storage/lock.ts';

export type Offline = { readonly environment: Environment; readonly catalog: Catalog; close(): Promise<void> };

/** The folder of the LMDB files within the data directory. */
export const filesIn = (dataDir: string) => join(dataDir, 'lmdb');

/** Throws if there is no data, or a process has it open. */
export function openOffline(dataDir: string, create = false): Offline {
  if (!create && !existsSync(filesIn(dataDir))) throw new Error(`there is no store in ${dataDir}`);
  const lock = takeLock(dataDir);
  const environment = new Environment(filesIn(dataDir));
  return {
    environment,
    catalog: new Catalog(environment),
    async close() {
      await environment.close();
      await lock.release();
    },
  };
}
