// A disk that takes no more: what could not be written is refused with an error, what was acknowledged stays, reads
// go on, and with room again so do writes. The process is forbidden to write files beyond a length, which fails in the
// same place as a full disk; where it may mount one, it also fills a file system of its own.
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Collection, MongoClient } from 'mongodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { verify } from '../care/verify.ts';
import { bundleStore, killLeft, spawnBundle, spawnStore } from './spawn-store.ts';

/** Far more documents of 2 kB than fit. */
const documentsMax = 40_000;

type Row = { _id: number; text: string };

let bundle: string;
let careBundle: string;
let folder: string;

beforeAll(async () => {
  [bundle, careBundle] = await Promise.all([bundleStore(), bundleStore('care-child.ts')]);
  folder = mkdtempSync(join(tmpdir(), 'embedded-full-'));
});

afterAll(() => {
  killLeft();
  rmSync(folder, { recursive: true, force: true });
  for (const each of [bundle, careBundle]) rmSync(each);
});

async function withRows<T>(uri: string, use: (rows: Collection<Row>) => Promise<T>): Promise<T> {
  const client = new MongoClient(uri);
  try {
    return await use(client.db('t').collection<Row>('rows'));
  } finally {
    await client.close();
  }
}

/** Inserts until a write is refused; answers how many documents were acknowledged. */
async function fill(rows: Collection<Row>): Promise<number> {
  await rows.createIndex({ text: 1 });
  let acknowledged = 0;
  let refused: unknown;
  while (refused === undefined && acknowledged < documentsMax) {
    const batch = Array.from({ length: 50 }, (_, i) => ({ _id: acknowledged + i, text: 'x'.repeat(2000) }));
    try {
      await rows.insertMany(batch);
      acknowledged += batch.length;
    } catch (error) {
      refused = error;
    }
  }
  expect(refused).toMatchObject({ code: 14031 });
  expect(await rows.countDocuments({})).toBe(acknowledged);
  const wide = Array.from({ length: 500 }, (_, i) => ({ _id: 1e6 + i, text: 'y'.repeat(9000) }));
  await expect(rows.insertMany(wide)).rejects.toMatchObject({ code: 14031 });
  expect(await rows.findOne({ _id: acknowledged - 1 })).toMatchObject({ _id: acknowledged - 1 });
  return acknowledged;
}

/** With room again. */
async function expectWritable(dataDir: string, acknowledged: number): Promise<void> {
  const roomy = await spawnStore(bundle, dataDir);
  await withRows(roomy.uri, async (rows) => {
    await rows.insertOne({ _id: -1, text: '' });
    expect(await rows.countDocuments({})).toBe(acknowledged + 1);
  });
  await roomy.kill('SIGTERM');
}

function mount(disk: string): void {
  mkdirSync(disk);
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=16m', 'tmpfs', disk], { stdio: 'ignore' });
}

/** Mounting is root's. */
function hasOwnDisk(): boolean {
  const disk = mkdtempSync(join(tmpdir(), 'embedded-disk-'));
  try {
    mount(join(disk, 'small'));
    execFileSync('umount', [join(disk, 'small')]);
    return true;
  } catch {
    return false;
  } finally {
    rmSync(disk, { recursive: true });
  }
}

describe('a full disk', () => {
  it('refuses writes, loses none, and serves reads', async () => {
    const dataDir = join(folder, 'limited');
    const store = await spawnStore(bundle, dataDir, { fileBlocksMax: 12 * 1024 });
    const acknowledged = await withRows(store.uri, fill);
    await store.kill('SIGTERM');
    expect(await verify(dataDir)).toMatchObject({ problems: [], documents: acknowledged });
    await expectWritable(dataDir, acknowledged);
  }, 60_000);

  it.runIf(hasOwnDisk())(
    'of its own does the same, and verify reads it while it is full',
    async () => {
      const disk = join(folder, 'disk');
      mount(disk);
      try {
        const ballast = join(disk, 'ballast');
        writeFileSync(ballast, Buffer.alloc(4_000_000));
        const dataDir = join(disk, 'data');
        const store = await spawnStore(bundle, dataDir);
        const acknowledged = await withRows(store.uri, fill);
        await store.kill('SIGKILL');
        expect(await verify(dataDir)).toMatchObject({ problems: [], documents: acknowledged });
        rmSync(ballast);
        await expectWritable(dataDir, acknowledged);
      } finally {
        execFileSync('umount', ['-l', disk]);
      }
    },
    120_000,
  );
});

describe('looking after data on a full disk', () => {
  async function refusal(...args: readonly string[]): Promise<string> {
    const child = spawnBundle([careBundle, ...args], { fileBlocksMax: 256 });
    let said = '';
    child.stderr.on('data', (chunk) => {
      said += chunk;
    });
    const [code] = await once(child, 'close');
    expect(code, said).toBe(1);
    return said;
  }

  it('fails aloud: neither a dump that ends early nor half a copy is left for whole', async () => {
    const dataDir = join(folder, 'kept');
    const store = await spawnStore(bundle, dataDir);
    // The dump ends within the one write that it takes, so that the disk takes a part of it.
    const documents = Array.from({ length: 500 }, (_, i) => ({ _id: i, text: 'x'.repeat(2000) }));
    await withRows(store.uri, (rows) => rows.insertMany(documents));
    await store.kill('SIGTERM');
    expect(await refusal('export', dataDir, join(folder, 'dump'))).toMatch(/EFBIG/);
    expect(existsSync(join(folder, 'dump/t/rows.metadata.json'))).toBe(false);
    expect(await refusal('compact', dataDir)).not.toBe('');
    expect(readdirSync(dataDir).sort()).toEqual(['lmdb', 'lock']);
    expect(await verify(dataDir)).toMatchObject({ problems: [], documents: 500 });
  }, 60_000);
});
