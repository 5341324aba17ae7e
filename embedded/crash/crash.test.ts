// kill -9 at any moment: every acknowledged write is there afterwards, and the indexes agree with the documents.
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Long, MongoClient, UUID } from 'mongodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { verify } from '../care/verify.ts';
import { openRawClient } from '../wire/raw-client.ts';
import { bundleStore, killLeft, type StoreProcess, spawnBundle, spawnStore } from './spawn-store.ts';

/** Of starting, writing and killing. NIGHTLY=1 has them all; STORE_CRASH_ROUNDS says another number. */
const rounds = Number(process.env.STORE_CRASH_ROUNDS ?? (process.env.NIGHTLY ? 200 : 8));

type Row = { _id: string; round: number; n: number; text: string };

let bundle: string;
let dataDir: string;
/** What was acknowledged: the least value of n that a document must have, or that it must be gone. */
const acknowledged = new Map<string, number | 'deleted'>();
/** Asked for and not answered: may have happened. */
const unknown = new Map<string, number | 'deleted'>();

beforeAll(async () => {
  bundle = await bundleStore();
  dataDir = mkdtempSync(join(tmpdir(), 'embedded-crash-'));
});

afterAll(() => {
  killLeft();
  rmSync(dataDir, { recursive: true, force: true });
  rmSync(bundle);
});

/** Writes until the store is gone. */
async function writer(store: StoreProcess, round: number, name: string): Promise<void> {
  const client = new MongoClient(store.uri, { retryWrites: false, serverSelectionTimeoutMS: 500 });
  const rows = client.db('t').collection<Row>('rows');
  const attempt = async (ids: string[], value: number | 'deleted', write: () => Promise<unknown>) => {
    for (const id of ids) unknown.set(id, value);
    await write();
    for (const id of ids) {
      acknowledged.set(id, value);
      unknown.delete(id);
    }
  };
  try {
    for (let i = 0; ; i++) {
      const ids = Array.from({ length: 1 + (i % 20) }, (_, k) => `${round}-${name}-${i}-${k}`);
      const text = 'x'.repeat((i * 37) % 3000);
      await attempt(ids, 0, () => rows.insertMany(ids.map((_id) => ({ _id, round, n: 0, text }))));
      await attempt([ids[0]!], 1, () =>
        rows.updateOne({ _id: ids[0]! }, { $inc: { n: 1 }, $set: { text: `${text}y` } }),
      );
      if (i % 3 === 0) await attempt([ids.at(-1)!], 'deleted', () => rows.deleteOne({ _id: ids.at(-1)! }));
    }
  } catch (error) {
    if (!/connection|closed|topology|server selection|ECONN/i.test(String(error))) throw error;
  } finally {
    await client.close();
  }
}

async function check(store: StoreProcess, round: number): Promise<void> {
  const client = new MongoClient(store.uri);
  const rows = client.db('t').collection<Row>('rows');
  for (const [id, value] of acknowledged) {
    const found = await rows.findOne({ _id: id });
    const may = unknown.get(id);
    if (value === 'deleted') expect(found, `${id} was deleted`).toBeNull();
    else if (may !== 'deleted') expect(found?.n, `${id} in round ${round}`).toBeGreaterThanOrEqual(value);
  }
  acknowledged.clear();
  unknown.clear();
  await client.close();
}

describe('a store killed at any moment', () => {
  it(
    `keeps what it acknowledged, ${rounds} times over`,
    async () => {
      for (let round = 0; round < rounds; round++) {
        const store = await spawnStore(bundle, dataDir);
        const admin = new MongoClient(store.uri);
        await admin
          .db('t')
          .collection('rows')
          .createIndexes([
            { key: { round: 1, n: 1 } },
            { key: { text: 1 }, sparse: true },
            { key: { n: 1 }, partialFilterExpression: { n: { $gt: 0 } } },
          ]);
        await admin.close();
        const writers = ['a', 'b', 'c'].map((name) => writer(store, round, name));
        await new Promise((resolve) => setTimeout(resolve, 20 + Math.random() * 300));
        await store.kill('SIGKILL');
        await Promise.all(writers);
        expect(await verify(dataDir)).toMatchObject({ problems: [] });
        const again = await spawnStore(bundle, dataDir);
        await check(again, round);
        await again.kill('SIGKILL');
      }
    },
    rounds * 20_000,
  );
});

describe('compact, killed at any moment,', () => {
  it('leaves the old file or the new one, whole', async () => {
    const kept = mkdtempSync(join(tmpdir(), 'embedded-compact-'));
    const careBundle = await bundleStore('care-child.ts');
    const store = await spawnStore(bundle, kept);
    const client = new MongoClient(store.uri);
    const rows = client.db('t').collection<{ _id: number; text: string }>('rows');
    const documents = Array.from({ length: 20_000 }, (_, _id) => ({ _id, text: 'x'.repeat(500) }));
    await rows.insertMany(documents);
    await rows.deleteMany({ _id: { $gte: 10_000 } });
    await client.close();
    await store.kill('SIGTERM');
    const started = performance.now();
    await once(spawnBundle([careBundle, 'compact', kept]), 'close');
    const took = performance.now() - started;
    for (let round = 0; round < 5; round++) {
      const child = spawnBundle([careBundle, 'compact', kept]);
      const ended = once(child, 'close');
      // From the moment of its start to behind its end.
      setTimeout(() => child.kill('SIGKILL'), took * (0.5 + round * 0.15));
      await ended;
      expect(await verify(kept)).toMatchObject({ documents: 10_000, problems: [] });
      expect(readdirSync(kept).sort()).toEqual(['lmdb', 'lock']);
    }
    rmSync(kept, { recursive: true });
    rmSync(careBundle);
  }, 60_000);
});

describe('a retry', () => {
  it('of what a killed store had done is answered, and done once', async () => {
    const lsid = { id: new UUID() };
    const txnNumber = Long.fromNumber(1);
    const insert = { insert: 'retried', documents: [{ _id: 1, n: 0 }], $db: 't', lsid, txnNumber };
    const updates = [{ q: { _id: 1 }, u: { $inc: { n: 1 } } }];
    const update = { update: 'retried', updates, $db: 't', lsid, txnNumber: Long.fromNumber(2) };
    for (const command of [insert, update]) {
      const store = await spawnStore(bundle, dataDir);
      const first = await openRawClient(store.port);
      expect(await first.command(command)).toMatchObject({ ok: 1, n: 1 });
      await store.kill('SIGKILL');
      const again = await spawnStore(bundle, dataDir);
      const second = await openRawClient(again.port);
      const answer = await second.command(command);
      expect(answer).toMatchObject({ ok: 1, n: 1 });
      expect(answer.writeErrors).toBeUndefined();
      const found = await second.command({ find: 'retried', $db: 't' });
      expect(found).toMatchObject({ cursor: { firstBatch: [{ _id: 1, n: command === update ? 1 : 0 }] } });
      await again.kill('SIGKILL');
    }
  }, 60_000);
});

/** Gives a process a process list of its own, in which it is number 1; undefined where that is not allowed. */
const ownProcesses = [
  ['unshare', '--pid', '--fork', '--kill-child'],
  ['unshare', '--user', '--map-root-user', '--pid', '--fork', '--kill-child'],
].find(([command, ...args]) => spawnSync(command as string, [...args, 'true']).status === 0);

describe('a second process', () => {
  it('does not get the data that another has open, but does when that was killed', async () => {
    const first = await spawnStore(bundle, dataDir);
    await expect(spawnStore(bundle, dataDir)).rejects.toThrow(/already open in process \d+/);
    await first.kill('SIGKILL');
    const second = await spawnStore(bundle, dataDir);
    await second.kill('SIGTERM');
  }, 30_000);

  it.skipIf(ownProcesses === undefined)(
    'does not get it either where each counts its processes for itself, as containers do',
    async () => {
      const under = ownProcesses as readonly string[];
      const first = await spawnStore(bundle, dataDir, { under });
      await expect(spawnStore(bundle, dataDir, { under })).rejects.toThrow(/already open in/);
      await expect(spawnStore(bundle, dataDir)).rejects.toThrow(/already open in/);
      await first.kill('SIGKILL');
      const second = await spawnStore(bundle, dataDir, { under });
      await second.kill('SIGKILL');
    },
    30_000,
  );
});
