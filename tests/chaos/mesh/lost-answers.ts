// The store does the work and its answer is lost, a number of times: what a caller must never take for a refusal.

import { MongoClient } from 'mongodb';

const withinMs = 5_000;

/** `uri` is the store's own address. Throws when the store cannot be told. */
export async function loseAnswers(uri: string, times: number): Promise<void> {
  const client = new MongoClient(`${uri.split('?')[0]}?directConnection=true`, { serverSelectionTimeoutMS: withinMs });
  try {
    const data = { failCommands: ['insert', 'update'], afterCommit: true, closeConnection: true };
    await client.db('admin').command({ configureFailPoint: 'failCommand', mode: { times }, data });
  } finally {
    await client.close();
  }
}
