// One process at a time may have the data open. The lock is a place among the readers of a small LMDB file of its own.
// LMDB holds an operating-system lock on that file as long as it is open, and whoever opens it first begins its list of
// readers anew: so a crash leaves nothing behind, and containers that share the directory see each other.
import { realpathSync } from 'node:fs';
import { join } from 'node:path';
import { open, type RootDatabase, type Transaction } from 'lmdb';

/** Directories this very process has open. */
const mine = new Set<string>();

export type Lock = { release(): Promise<void> };

/** Throws an Error that says who has the data open. */
export function takeLock(dataDir: string): Lock {
  const path = realpathSync(dataDir);
  if (mine.has(path)) throw inUse(dataDir, process.pid);
  const environment = open({ path: join(path, 'lock'), overlappingSync: false, maxDbs: 1 } as never);
  const place = placesIn(environment) === 0 ? takePlace(environment) : undefined;
  if (place === undefined || placesIn(environment) > 1) {
    const other = readers(environment.readerList()).find((pid) => pid !== process.pid);
    place?.done();
    void environment.close();
    throw inUse(dataDir, other);
  }
  mine.add(path);
  return {
    async release() {
      place.done();
      await environment.close();
      mine.delete(path);
    },
  };
}

/**
 * Places taken since the file was last opened by nobody. Process ids would not do: each container counts its own, and
 * LMDB itself fails to take a place where both have the same.
 */
function placesIn(environment: RootDatabase): number {
  const { env } = environment as unknown as { readonly env: { info(): { readonly numReaders: number } } };
  return env.info().numReaders;
}

function takePlace(environment: RootDatabase): Transaction {
  const place = environment.useReadTransaction();
  environment.get('', { transaction: place });
  return place;
}

/** LMDB lists readers as lines of process, thread and transaction, under a heading. */
function readers(list: string): number[] {
  return list
    .split('\n')
    .map((line) => Number.parseInt(line.trim(), 10))
    .filter((pid) => !Number.isNaN(pid));
}

function inUse(dataDir: string, pid: number | undefined): Error {
  const where = pid === undefined ? 'another process, perhaps of another container' : `process ${pid}`;
  return new Error(`the store's data in ${dataDir} is already open in ${where}; one process at a time may open it`);
}
