// Counts what a store says it has written, by its answers to the official driver.

import type { MongoClient } from 'mongodb';

type Answer = { readonly n?: number; readonly lastErrorObject?: { readonly n?: number } };

const writing = new Set(['insert', 'update', 'delete', 'findAndModify']);

/** From now on; what it returns tells the number of documents since. The client must watch its commands. */
export function countWrites(client: MongoClient): () => number {
  let documents = 0;
  client.on('commandSucceeded', ({ commandName, reply }) => {
    if (!writing.has(commandName)) return;
    const { n, lastErrorObject } = reply as Answer;
    documents += n ?? lastErrorObject?.n ?? 0;
  });
  return () => documents;
}
