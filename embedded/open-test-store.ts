// For tests: a store on a fresh directory and a client of the official driver, both gone afterwards.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Db, MongoClient } from 'mongodb';
import { openStore, type Store, type StoreOptions } from './store.ts';

export type TestStore = {
  readonly dataDir: string;
  readonly store: Store;
  readonly client: MongoClient;
  readonly db: Db;
  /** Ends the store in order and opens it again on the same data. */
  restart(options?: Partial<StoreOptions>): Promise<void>;
  /** Opens the store again after the test has closed it and its client itself. */
  reopen(): Promise<void>;
  close(): Promise<void>;
};

export async function openTestStore(options: Partial<StoreOptions> = {}): Promise<TestStore> {
  const dataDir = mkdtempSync(join(tmpdir(), 'embedded-'));
  const current = await opened(dataDir, options);
  return {
    dataDir,
    get store() {
      return current.store;
    },
    get client() {
      return current.client;
    },
    get db() {
      return current.client.db('t');
    },
    async restart(other = options) {
      await current.client.close();
      await current.store.close();
      Object.assign(current, await opened(dataDir, other));
    },
    async reopen() {
      Object.assign(current, await opened(dataDir, options));
    },
    async close() {
      await current.client.close();
      await current.store.close();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

async function opened(dataDir: string, options: Partial<StoreOptions>): Promise<{ store: Store; client: MongoClient }> {
  const store = await openStore({ dataDir, port: 0, ...options });
  const auth = options.credentials;
  const login = auth === undefined ? {} : { auth: { username: auth.user, password: auth.password } };
  return { store, client: new MongoClient(store.uri, login) };
}
