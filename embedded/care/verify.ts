// Checks that documents are whole and that every index holds exactly the keys its documents have.
import { rawDocument } from '../bson/raw.ts';
import { type Collection, type Index, isUnique, recordIdBytes, recordKey } from '../storage/collection.ts';
import { checkDocument } from '../wire/check-document.ts';
import { checkPages } from './check-pages.ts';
import { openOffline } from './offline.ts';

export type Verified = {
  readonly collections: number;
  readonly documents: number;
  readonly keys: number;
  /** What is wrong, at most problemsMax lines. */
  readonly problems: readonly string[];
};

export const problemsMax = 100;
const pieceSize = 1000;

/** Throws if there is no data, a process has it open, or its file is damaged below what LMDB could read. */
export async function verify(dataDir: string): Promise<Verified> {
  const offline = openOffline(dataDir, { inspect: checkPages });
  try {
    const collections = offline.catalog.list();
    const problems: string[] = [];
    let documents = 0;
    let keys = 0;
    for (const collection of collections) {
      const found = verifyCollection(collection, problems);
      documents += found.documents;
      keys += found.keys;
    }
    return { collections: collections.length, documents, keys, problems };
  } finally {
    await offline.close();
  }
}

function verifyCollection(collection: Collection, problems: string[]): { documents: number; keys: number } {
  const expected = new Map<Index, number>(collection.indexes.map((index) => [index, 0]));
  const report = (problem: string) => {
    if (problems.length < problemsMax) problems.push(`${collection.namespace}: ${problem}`);
  };
  let documents = 0;
  let record = 0;
  for (;;) {
    const piece = collection.recordsAfter(record, pieceSize);
    if (piece.length === 0) break;
    for (const each of piece) {
      record = each.record;
      documents++;
      try {
        const { bytes } = each.document;
        checkDocument(bytes, 0, bytes.length);
        if (rawDocument(bytes).end !== bytes.length) throw new Error('its length is wrong');
      } catch (error) {
        report(`record ${record} is not a document: ${(error as Error).message}`);
        continue;
      }
      for (const index of collection.indexes) {
        const keys = collection.keysFor(index, each.document);
        expected.set(index, expected.get(index)! + keys.length);
        for (const key of keys)
          if (!holds(index, key, record)) report(`index ${index.spec.name} lacks record ${record}`);
      }
    }
  }
  let total = 0;
  for (const [index, count] of expected) {
    const there = index.tree.count();
    total += there;
    if (there !== count) report(`index ${index.spec.name} has ${there} keys, its documents have ${count}`);
  }
  return { documents, keys: total };
}

function holds(index: Index, key: Buffer, record: number): boolean {
  if (!isUnique(index)) return index.tree.has(Buffer.concat([key, recordKey(record)]));
  return index.tree.get(key)?.readUIntBE(0, recordIdBytes) === record;
}
