import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { rawOf } from '../bson/build.ts';
import { fieldOf, numberOf } from '../bson/raw.ts';
import { parseIndexSpec } from '../keys/index-spec.ts';
import { Catalog } from '../storage/catalog.ts';
import type { Collection } from '../storage/collection.ts';
import { Environment } from '../storage/environment.ts';
import { Sessions, sessionIdleMs } from '../storage/sessions.ts';
import { Cursors } from './cursors.ts';
import type { Engine } from './engine.ts';
import { sweepExpired } from './upkeep.ts';

let folder: string;
let engine: Engine;
let rows: Collection;
let now: number;

async function ttl(key: object, expireAfterSeconds: number): Promise<void> {
  const name = JSON.stringify(key);
  const index = await engine.catalog.prepareIndex(parseIndexSpec(rawOf({ v: 2, key, name, expireAfterSeconds })));
  index.builtTo = Number.POSITIVE_INFINITY;
  await engine.environment.write(() => engine.catalog.publish(rows, [...rows.indexes, index]));
}

const insert = (docs: readonly object[]) =>
  engine.environment.write(() => {
    for (const doc of docs) rows.insert(rawOf(doc));
  });

const left = () => rows.recordsAfter(0, 1e6).map(({ document }) => numberOf(fieldOf(document, '_id')!));

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'embedded-upkeep-'));
  const environment = new Environment(folder);
  now = 1_000_000_000;
  engine = {
    environment,
    catalog: new Catalog(environment),
    cursors: new Cursors(() => now),
    sessions: new Sessions(environment, () => now),
    strict: false,
    now: () => new Date(now),
  };
  rows = await engine.catalog.create('t.rows');
});

afterEach(async () => {
  await engine.environment.close();
  rmSync(folder, { recursive: true });
});

describe('expiry', () => {
  for (const direction of [1, -1]) {
    it(`deletes what a TTL index (${direction}) says is past, and nothing else`, async () => {
      await ttl({ at: direction }, 60);
      await insert([
        { _id: 1, at: new Date(now - 60_000) },
        { _id: 2, at: new Date(now - 59_999) },
        { _id: 3, at: [new Date(now + 5000), new Date(now - 90_000)] },
        { _id: 4, at: now - 1e9 },
        { _id: 5, at: 'long ago' },
        { _id: 6 },
        { _id: 7, at: null },
        { _id: 8, at: [] },
        { _id: 9, at: new Date(-5) },
      ]);
      expect(await sweepExpired(engine)).toBe(3);
      expect(left()).toEqual([2, 4, 5, 6, 7, 8]);
      now += 1;
      expect(await sweepExpired(engine)).toBe(1);
    });
  }

  it('takes many in several commits', async () => {
    await ttl({ at: 1 }, 0);
    await insert(Array.from({ length: 1700 }, (_, i) => ({ _id: i, at: new Date(now - (i % 7)) })));
    expect(await sweepExpired(engine)).toBe(1700);
    expect(left()).toEqual([]);
    expect(rows.indexes.map((index) => index.tree.count())).toEqual([0, 0]);
  });
});

describe('what is idle', () => {
  it('is forgotten: sessions after half an hour, cursors after ten minutes', async () => {
    const retry = { session: Buffer.alloc(16, 7), number: 1n };
    await engine.environment.write(() => engine.sessions.remember(retry, 0, { n: 1 }));
    engine.cursors.add('t.rows', { batch: () => Promise.resolve({ documents: [], done: false }) });
    now += sessionIdleMs;
    await engine.sessions.sweep();
    expect(engine.sessions.remembered(retry, 0)).toBeDefined();
    now += 1;
    await engine.sessions.sweep();
    engine.cursors.sweep();
    expect(engine.sessions.remembered(retry, 0)).toBeUndefined();
    expect(engine.cursors.count).toBe(0);
  });
});
