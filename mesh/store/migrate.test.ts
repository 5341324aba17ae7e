import { afterEach, describe, expect, it } from 'vitest';
import { openTestStore, type TestStore } from '../../tests/support/store.ts';
import { silentLog } from '../telemetry/log.ts';
import type { Collection } from './collection.ts';
import { openIds } from './ids.ts';
import { migrate, verifyCollections } from './migrate.ts';

const ponds: Collection = {
  name: 'ponds',
  purpose: 'Ponds of a farm.',
  shardKey: { account_key: 1 },
  indexes: [
    { name: 'by_account', key: { account_key: 1, seq: -1 }, unique: true, serves: "an account's ponds, newest first" },
    { name: 'swept', key: { ended_at: 1 }, expireAfterSeconds: 3_600, serves: 'the end of ended ponds' },
    {
      name: 'open',
      key: { due_at: 1 },
      partialFilterExpression: { due_at: { $exists: true } },
      serves: 'ponds that are due',
    },
  ],
};
const log = silentLog();
const signal = AbortSignal.timeout(60_000);
let store: TestStore;
afterEach(() => store.close());

describe('migrate', () => {
  it('makes what is declared, and does nothing the second time', async () => {
    store = await openTestStore();
    const { db } = store;
    expect(await verifyCollections(db, [ponds])).toContain('collection ponds');
    const changes = await migrate({ db, collections: [ponds], log, signal });
    expect(changes).toContain('indexed ponds.by_account');
    expect(await verifyCollections(db, [ponds])).toEqual([]);
    expect(await migrate({ db, collections: [ponds], log, signal })).toEqual([]);
  });

  it('tells of an index that is not as declared, and leaves it', async () => {
    store = await openTestStore({ collections: [ponds] });
    const { db } = store;
    const [first] = ponds.indexes;
    const other: Collection = { ...ponds, indexes: [{ ...first!, key: { account_key: 1, seq: 1 } }] };
    expect(await verifyCollections(db, [other])).toEqual(['index ponds.by_account is not as declared']);
    await expect(migrate({ db, collections: [other], log, signal })).rejects.toThrow(
      'ponds.by_account is not as declared',
    );
    expect(await verifyCollections(db, [ponds])).toEqual([]);
  });

  it('runs once at a time, however many start', async () => {
    store = await openTestStore();
    const { db } = store;
    const all = await Promise.all(Array.from({ length: 4 }, () => migrate({ db, collections: [ponds], log, signal })));
    expect(all.filter((changes) => changes.length > 0)).toHaveLength(1);
  });
});

describe('ids', () => {
  it('are 12 digits, and never the same from two processes', async () => {
    store = await openTestStore({ collections: [] });
    const { db } = store;
    const sources = Array.from({ length: 3 }, () => openIds({ db, key: 'a key that tests share', blockSize: 16 }));
    const ids = await Promise.all(Array.from({ length: 600 }, (_, n) => sources[n % 3]!.next('message')));
    expect(new Set(ids).size).toBe(600);
    for (const id of ids) expect(id).toMatch(/^[0-9]{12}$/);
  });

  it('are not waited for by whoever gave up', async () => {
    store = await openTestStore({ collections: [] });
    const gone = AbortSignal.abort(new Error('gave up'));
    await expect(openIds({ db: store.db, key: 'a key that tests share' }).next('message', gone)).rejects.toThrow(
      'gave up',
    );
  });
});
