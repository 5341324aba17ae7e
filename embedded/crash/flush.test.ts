// An answer leaves behind the flush: a store whose flushes fail acknowledges nothing. A kill would not show that, for
// the system keeps what a killed process wrote; so the system's call itself is made to fail, by a library loaded first.
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MongoClient } from 'mongodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { verify } from '../care/verify.ts';
import { bundleStore, killLeft, spawnStore } from './spawn-store.ts';

const failingFlush = `
  #include <errno.h>
  #include <stdlib.h>
  #include <sys/syscall.h>
  #include <unistd.h>
  static int flush(long call, int file) {
    if (access(getenv("FLUSHES_FAIL_WHILE"), F_OK) == 0) { errno = EIO; return -1; }
    return syscall(call, file);
  }
  int fdatasync(int file) { return flush(SYS_fdatasync, file); }
  int fsync(int file) { return flush(SYS_fsync, file); }
`;

let folder: string;
let bundle: string;
const at = (name: string) => join(folder, name);

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'embedded-flush-'));
  bundle = await bundleStore();
});
afterAll(() => {
  killLeft();
  rmSync(folder, { recursive: true });
  rmSync(bundle);
});

function hasCompiler(): boolean {
  return process.platform === 'linux' && spawnSync('cc', ['--version']).status === 0;
}

describe('a write', () => {
  it.runIf(hasCompiler())(
    'is acknowledged behind its flush, and refused where that fails',
    async () => {
      writeFileSync(at('flush.c'), failingFlush);
      execFileSync('cc', ['-shared', '-fPIC', '-o', at('flush.so'), at('flush.c')]);
      const fails = at('flushes-fail');
      const under = ['env', `LD_PRELOAD=${at('flush.so')}`, `FLUSHES_FAIL_WHILE=${fails}`];
      const store = await spawnStore(bundle, at('data'), { under });
      const client = new MongoClient(store.uri, { retryWrites: false });
      const rows = client.db('t').collection<{ _id: number }>('rows');
      await rows.insertOne({ _id: 1 });

      writeFileSync(fails, '');
      await expect(rows.insertOne({ _id: 2 })).rejects.toMatchObject({ code: 14031 });
      await expect(rows.deleteOne({ _id: 1 })).rejects.toMatchObject({ code: 14031 });
      await expect(client.db('t').collection('others').insertOne({})).rejects.toMatchObject({ code: 14031 });
      expect(await rows.find().toArray()).toEqual([{ _id: 1 }]);

      rmSync(fails);
      await rows.insertOne({ _id: 3 });
      await client.close();
      await store.kill('SIGKILL');
      expect(await verify(at('data'))).toMatchObject({ documents: 2, problems: [] });
    },
    60_000,
  );
});
