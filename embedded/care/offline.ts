// Opens a store's data without serving it, for the commands that look after it. Nobody else may have it open.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Catalog } from '../storage/catalog.ts';
import { type Files, filesIn, type Inspect, openFiles } from '../storage/open-files.ts';

export type Offline = Files & { readonly catalog: Catalog };

export type HowToOpen = {
  /** Where there is no data, too. */
  readonly create?: boolean;
  /** Looks at the file before LMDB does; its errors are thrown. */
  readonly inspect?: Inspect;
};

/** Throws if there is no data, or a process has it open. */
export function openOffline(dataDir: string, { create = false, inspect }: HowToOpen = {}): Offline {
  if (!create && !existsSync(join(filesIn(dataDir), 'data.mdb'))) throw new Error(`there is no store in ${dataDir}`);
  const files = openFiles(dataDir, inspect);
  try {
    return { ...files, catalog: new Catalog(files.environment) };
  } catch (error) {
    void files.close();
    throw error;
  }
}
