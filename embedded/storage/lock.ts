// One process at a time may have the data open. The lock is a reader's place in a small LMDB file of its own: LMDB
// knows by an operating-system lock which places belong to living processes, so a crash leaves nothing behind.
import { realpathSync } from 'node:fs';
import { join } from 'node:path';
import { open } from 'lmdb';

/** Directories this very process has open. */
const mine = new Set<string>();

export type Lock = { release(): Promise<void> };

/** Throws an Error that names the process that has the data open. */
export function takeLock(dataDir: string): Lock {
  const path = realpathSync(dataDir);
  if (mine.has(path)) throw inUse(dataDir, process.pid);
  const environment = open({ path: join(path, 'lock'), overlappingSync: false, maxDbs: 1 } as never);
  const place = environment.useReadTransaction();
  environment.get('', { transaction: place });
  const other = readers(environment.readerList()).find((pid) => pid !== process.pid);
  if (other !== undefined) {
    place.done();
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

/** LMDB lists readers as lines of process, thread and transaction, under a heading. */
function readers(list: string): number[] {
  return list
    .split('\n')
    .map((line) => Number.parseInt(line.trim(), 10))
    .filter((pid) => !Number.isNaN(pid));
}

function inUse(dataDir: string, pid: number): Error {
  return new Error(
    `the store's data in ${dataDir} is already open in process ${pid}; one process at a time may open it`,
  );
}
