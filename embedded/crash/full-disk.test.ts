// A disk that takes no more: what could not be written is refused with an error, what was acknowledged stays, reads
// go on, and with room again so do writes. STORE_FULL_DIR=/mount uses that (small) file system; without it the
// process is forbidden to write files beyond a length, which fails in the same place.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MongoClient } from 'mongodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { verify } from '../care/verify.ts';
import { bundleStore, spawnStore } from './spawn-store.ts';

const fullDir = process.env.STORE_FULL_DIR;
const blocksMax = fullDir === undefined ? 12 * 1024 : undefined;
/** Far more documents of 2 kB than fit. */
const documentsMax = 40_000;

let bundle: string;
let dataDir: string;

beforeAll(async () => {
  bundle = await bundleStore();
  dataDir = mkdtempSync(join(fullDir ?? tmpdir(), 'embedded-full-'));
});

afterAll(() => {
  rmSync(dataDir, { recursive: true, force: true });
  rmSync(bundle);
});

describe('a full disk', () => {
  it('refuses writes, loses none, and serves reads', async () => {
    const store = await spawnStore(bundle, dataDir, blocksMax);
    const client = new MongoClient(store.uri);
    const rows = client.db('t').collection<{ _id: number; text: string }>('rows');
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
    await expect(
      rows.insertMany(Array.from({ length: 500 }, (_, i) => ({ _id: 1e6 + i, text: 'y'.repeat(9000) }))),
    ).rejects.toMatchObject({ code: 14031 });
    expect(await rows.findOne({ _id: acknowledged - 1 })).toMatchObject({ _id: acknowledged - 1 });
    await client.close();
    await store.kill('SIGTERM');

    if (fullDir === undefined) {
      expect(await verify(dataDir)).toMatchObject({ problems: [], documents: acknowledged });
      const roomy = await spawnStore(bundle, dataDir);
      const again = new MongoClient(roomy.uri);
      await again.db('t').collection<{ _id: number }>('rows').insertOne({ _id: -1 });
      expect(await again.db('t').collection('rows').countDocuments({})).toBe(acknowledged + 1);
      await again.close();
      await roomy.kill('SIGTERM');
    }
  }, 60_000);
});
