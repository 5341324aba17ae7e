// Fills a store's data with many documents, without a server, as fast as it goes.

import { mkdirSync } from 'node:fs';
import { BSON } from 'bson';
import { rawOf } from '../../embedded/bson/build.ts';
import { rawDocument } from '../../embedded/bson/raw.ts';
import { openOffline } from '../../embedded/care/offline.ts';
import { parseIndexSpec } from '../../embedded/keys/index-spec.ts';
import { serveLoad } from '../load/fork.ts';
import { documentOf, indexes } from './documents.ts';

export type FillTask = { readonly dataDir: string; readonly count: number };
export type FillResult = { readonly seconds: number };

const perCommit = 20_000;

serveLoad<FillTask, FillResult>(async ({ dataDir, count }) => {
  const started = performance.now();
  mkdirSync(dataDir, { recursive: true });
  const { catalog, environment, close } = openOffline(dataDir, { create: true });
  const collection = await catalog.create('bench.messages');
  for (const description of indexes) {
    const index = await catalog.prepareIndex(parseIndexSpec(rawOf({ v: 2, ...description })));
    index.builtTo = Number.POSITIVE_INFINITY;
    await environment.write(() => catalog.publish(collection, [...collection.indexes, index]));
  }
  for (let done = 0; done < count; ) {
    const many = Math.min(perCommit, count - done);
    const documents = Array.from({ length: many }, () => rawDocument(Buffer.from(BSON.serialize(documentOf(++done)))));
    await environment.write(() => collection.insertAll(documents));
  }
  await close();
  return { seconds: (performance.now() - started) / 1000 };
});
