// The limit: the same documents and keys put into LMDB directly, in one process, flushed with every batch.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BSON } from 'bson';
import { type Database, open } from 'lmdb';
import { serveLoad } from '../load/fork.ts';
import { conversationOf, documentOf, idOf } from './documents.ts';

export type DirectTask = { readonly batches: number; readonly batchSize: number };
export type DirectResult = { readonly perSecond: number };

const binary = { encoding: 'binary', keyEncoding: 'binary' } as const;
const appended = { append: true } as never;

serveLoad<DirectTask, DirectResult>(async ({ batches, batchSize }) => {
  const path = mkdtempSync(join(tmpdir(), 'bench-lmdb-'));
  const root = open<Buffer, Buffer>({ path, maxDbs: 16, mapSize: 2 ** 38, overlappingSync: false, ...binary } as never);
  const [records, ...trees] = ['records', 'id', 'seq', 'request', 'created'].map((name) =>
    root.openDB<Buffer, Buffer>(name, binary as never),
  ) as [Database<Buffer, Buffer>, ...Database<Buffer, Buffer>[]];
  let n = 0;
  const one = () => {
    n++;
    const record = Buffer.alloc(6);
    record.writeUIntBE(n, 0, 6);
    records.put(record, bytes[n % bytes.length]!, appended);
    const keys = [
      `${idOf(n)}`,
      `${conversationOf(n)}\0${String(n).padStart(12, '0')}`,
      `${conversationOf(n)}\0u${n % 1000}\0r${n}`,
      `${String(1.7e12 + n)}${n}`,
    ];
    for (let i = 0; i < keys.length; i++) trees[i]!.put(Buffer.from(keys[i]!), record);
  };
  const bytes = Array.from({ length: batchSize }, (_, i) => Buffer.from(BSON.serialize(documentOf(i))));
  const insertBatch = () => {
    for (let i = 0; i < batchSize; i++) one();
  };
  for (let i = 0; i < batches / 4; i++) await root.transaction(insertBatch);
  const started = performance.now();
  for (let i = 0; i < batches; i++) await root.transaction(insertBatch);
  const perSecond = (batches * batchSize * 1000) / (performance.now() - started);
  await root.close();
  rmSync(path, { recursive: true });
  return { perSecond };
});
