// A real store for a test: the embedded one on loopback, strict, in a folder that goes away with it; or, where
// MONGODB_URI names a server, a fresh database there.

import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Db, Document } from 'mongodb';
import { openStore, type StoreOptions } from '../../embedded/store.ts';
import type { Collection } from '../../mesh/store/collection.ts';
import { connectStore } from '../../mesh/store/connect.ts';
import { migrate } from '../../mesh/store/migrate.ts';
import { silentLog } from '../../mesh/telemetry/log.ts';
import { openMetrics } from '../../mesh/telemetry/metrics.ts';

export type TestStore = {
  /** With the test's own database in its path. */
  readonly uri: string;
  readonly db: Db;
  close(): Promise<void>;
};

export type TestStoreOptions = Pick<StoreOptions, 'hooks'> & {
  /** Made, with their indexes, before the store is handed out. */
  readonly collections?: readonly Collection[];
  /** Told of every command that the handed out database sends, once it is handed out. */
  readonly onCommand?: (command: Document) => void;
};

export async function openTestStore(options: TestStoreOptions = {}): Promise<TestStore> {
  const server = process.env.MONGODB_URI ? givenServer(process.env.MONGODB_URI) : await embeddedServer(options);
  const { onCommand } = options;
  // The driver tells of its commands where metrics are asked for.
  const metrics = onCommand && openMetrics();
  const connection = await connectStore({ uri: server.uri, log: silentLog(), ...(metrics && { metrics }) });
  const { db } = connection;
  if (options.collections !== undefined) {
    await migrate({ db, collections: options.collections, log: silentLog(), signal: AbortSignal.timeout(30_000) });
  }
  const tell = ({ command }: { command: Document }) => onCommand?.(command);
  if (onCommand) db.client.on('commandStarted', tell);
  return {
    uri: server.uri,
    db,
    async close() {
      db.client.off('commandStarted', tell);
      if (server.drop) await db.dropDatabase();
      await connection.close();
      await server.close();
    },
  };
}

type Server = { readonly uri: string; readonly drop: boolean; close(): Promise<void> };

function freshName(): string {
  return `circuit_test_${randomBytes(6).toString('hex')}`;
}

function givenServer(given: string): Server {
  return { uri: withDatabase(given, freshName()), drop: true, close: async () => {} };
}

async function embeddedServer(options: TestStoreOptions): Promise<Server> {
  const dataDir = await mkdtemp(join(tmpdir(), 'circuit-store-'));
  const store = await openStore({ dataDir, port: 0, strict: true, ...(options.hooks ? { hooks: options.hooks } : {}) });
  return {
    uri: withDatabase(store.uri, freshName()),
    drop: false,
    async close() {
      await store.close();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

/** The URI with this database in its path, whatever stood there. */
function withDatabase(uri: string, name: string): string {
  const [, server = uri, query = ''] = /^([a-z+]+:\/\/[^/?]+)(?:\/[^?]*)?(\?.*)?$/.exec(uri) ?? [];
  return `${server}/${name}${query}`;
}
