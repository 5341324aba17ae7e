// Makes the database as the collections declare it, one migrator at a time. Safe to run again, and while services
// work: it only adds. What would take an index away is told, and left to a person.

import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { CreateIndexesOptions, Db, IndexDescription } from 'mongodb';
import type { Logger } from '../telemetry/log.ts';
import type { Collection, Index } from './collection.ts';
import { counters } from './ids.ts';
import { indexDifferences } from './index-differences.ts';

export type MigrateOptions = {
  readonly db: Db;
  readonly collections: readonly Collection[];
  readonly log: Logger;
  readonly signal: AbortSignal;
};

/** What was done, a line each; empty when all was there. */
export type Changes = readonly string[];

type Lock = { readonly _id: 'migrate'; readonly owner: string; readonly until: Date };

export const migrations: Collection = {
  name: 'migrations',
  purpose: 'The lock that lets one migrator work at a time.',
  indexes: [],
  shardKey: { _id: 1 },
};

/** What the mesh itself keeps, beside what services declare. */
export const meshCollections: readonly Collection[] = [counters, migrations];

/** A migrator that dies holds the lock no longer than this. Index builds on a filled collection take minutes. */
export const lockForMs = 10 * 60_000;
const lockPollMs = 250;

/** Throws with everything that a person has to decide, after doing all that it can. */
export async function migrate(options: MigrateOptions): Promise<Changes> {
  const { db, log, signal } = options;
  const unlock = await lock(db, signal, log);
  try {
    const changes: string[] = [];
    const faults: string[] = [];
    const present = await namesOf(db);
    for (const collection of distinct([...meshCollections, ...options.collections])) {
      signal.throwIfAborted();
      if (!present.has(collection.name)) {
        await db.createCollection(collection.name);
        changes.push(`created ${collection.name}`);
      }
      await migrateIndexes(db, collection, changes, faults);
    }
    changes.push(...(await shard(db, options.collections)));
    for (const change of changes) log.info({ detail: change }, 'migrated');
    if (faults.length > 0) throw new Error(`The database differs from what is declared:\n  ${faults.join('\n  ')}`);
    return changes;
  } finally {
    await unlock();
  }
}

/** What the database lacks of these collections, a line each; empty when nothing. */
export async function verifyCollections(db: Db, collections: readonly Collection[]): Promise<readonly string[]> {
  const present = await namesOf(db);
  const missing: string[] = [];
  for (const collection of distinct([...meshCollections, ...collections])) {
    if (!present.has(collection.name)) {
      missing.push(`collection ${collection.name}`);
      continue;
    }
    for (const { kind, index } of indexDifferences(collection, await db.collection(collection.name).indexes())) {
      missing.push(`index ${collection.name}.${index.name}${kind === 'missing' ? '' : ' is not as declared'}`);
    }
  }
  return missing;
}

async function migrateIndexes(db: Db, collection: Collection, changes: string[], faults: string[]): Promise<void> {
  const differences = indexDifferences(collection, await db.collection(collection.name).indexes());
  const missing = differences.filter(({ kind }) => kind === 'missing').map(({ index }) => index);
  if (missing.length > 0) {
    await db.collection(collection.name).createIndexes(missing.map(descriptionOf));
    changes.push(...missing.map((index) => `indexed ${collection.name}.${index.name}`));
  }
  for (const { kind, index } of differences) {
    if (kind === 'expiry') {
      const { name, expireAfterSeconds } = index;
      await db.command({ collMod: collection.name, index: { name, expireAfterSeconds } });
      changes.push(`${collection.name}.${name} now expires after ${expireAfterSeconds} s`);
    }
    if (kind === 'changed') {
      faults.push(`${collection.name}.${index.name} is not as declared: drop it, then migrate again to build it anew`);
    }
  }
}

function descriptionOf(index: Index): IndexDescription {
  const { name, key, unique, sparse, partialFilterExpression, expireAfterSeconds } = index;
  const options: CreateIndexesOptions = {
    name,
    ...(unique === undefined ? {} : { unique }),
    ...(sparse === undefined ? {} : { sparse }),
    ...(partialFilterExpression === undefined ? {} : { partialFilterExpression }),
    ...(expireAfterSeconds === undefined ? {} : { expireAfterSeconds }),
  };
  return { key, ...options } as IndexDescription;
}

/** On a sharded cluster, spreads each collection by its key; a server without shards is left as it is. */
async function shard(db: Db, collections: readonly Collection[]): Promise<readonly string[]> {
  const hello = await db.command({ hello: 1 });
  if (hello.msg !== 'isdbgrid') return [];
  const admin = db.client.db('admin');
  for (const { name, shardKey } of collections) {
    await admin.command({ shardCollection: `${db.databaseName}.${name}`, key: shardKey });
  }
  return collections.map(({ name }) => `sharded ${name}`);
}

/** Waits for the lock; resolves to what gives it back. */
async function lock(db: Db, signal: AbortSignal, log: Logger): Promise<() => Promise<void>> {
  const locks = db.collection<Lock>(migrations.name);
  const owner = randomUUID();
  for (let waited = false; ; waited = true) {
    const now = Date.now();
    try {
      const free = { _id: 'migrate' as const, until: { $lt: new Date(now) } };
      await locks.updateOne(free, { $set: { owner, until: new Date(now + lockForMs) } }, { upsert: true });
      return async () => {
        await locks.deleteOne({ _id: 'migrate', owner });
      };
    } catch (error) {
      // Another migrator's lock is there and not over: the upsert ran into its _id.
      if ((error as { code?: number }).code !== 11_000) throw error;
    }
    if (!waited) log.info('another migrator is at work; waiting for it');
    await delay(lockPollMs, undefined, { signal });
  }
}

async function namesOf(db: Db): Promise<ReadonlySet<string>> {
  const collections = await db.listCollections({}, { nameOnly: true }).toArray();
  return new Set(collections.map(({ name }) => name));
}

function distinct(collections: readonly Collection[]): readonly Collection[] {
  return [...new Map(collections.map((collection) => [collection.name, collection])).values()];
}
