// The connection to MongoDB, or to what speaks its protocol: acknowledged means on the disk of a majority, and reads
// that decide something go to the primary. Who opens it closes it.

import { type Db, MongoClient } from 'mongodb';
import type { Logger } from '../telemetry/log.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import { traceCommands } from './command-spans.ts';
import { repairDriver } from './driver-repair.ts';

export type ConnectOptions = {
  /** With the database's name in its path; `circuit` if it has none. */
  readonly uri: string;
  readonly poolMax?: number;
  readonly poolMin?: number;
  readonly idleMs?: number;
  readonly selectionMs?: number;
  readonly socketMs?: number;
  /** Told to the server, so that its log says who asks. */
  readonly name?: string;
  readonly log: Logger;
  /** With them, commands are counted, timed and traced. */
  readonly metrics?: Metrics;
};

export type Connection = {
  readonly db: Db;
  /** Throws while the primary cannot be reached. */
  ping(): Promise<void>;
  close(): Promise<void>;
};

const defaultDatabase = 'circuit';

/** Resolves when a primary was found; throws the driver's error when there is none within `selectionMs`. */
export async function connectStore(options: ConnectOptions): Promise<Connection> {
  repairDriver();
  const { log, metrics } = options;
  const client = new MongoClient(options.uri, {
    appName: options.name ?? 'circuit',
    maxPoolSize: options.poolMax ?? 10,
    minPoolSize: options.poolMin ?? 2,
    maxIdleTimeMS: options.idleMs ?? 30_000,
    serverSelectionTimeoutMS: options.selectionMs ?? 5_000,
    socketTimeoutMS: options.socketMs ?? 45_000,
    writeConcern: { w: 'majority', journal: true },
    readPreference: 'primary',
    retryWrites: true,
    retryReads: true,
    monitorCommands: metrics !== undefined,
  });
  if (metrics !== undefined) {
    watch(client, metrics);
    traceCommands(client);
  }
  try {
    await client.connect();
  } catch (error) {
    await client.close();
    throw error;
  }
  const db = client.db(databaseOf(options.uri));
  log.debug({ detail: db.databaseName }, 'connected to the database');
  return {
    db,
    ping: async () => {
      await db.command({ ping: 1 }, { timeoutMS: options.selectionMs ?? 5_000 });
    },
    close: () => client.close(),
  };
}

function databaseOf(uri: string): string {
  const path = /^[a-z+]+:\/\/[^/]+\/([^?]*)/.exec(uri)?.[1];
  return path ? decodeURIComponent(path) : defaultDatabase;
}

/** Durations and connections, never what was asked or answered. */
function watch(client: MongoClient, metrics: Metrics): void {
  const seconds = (command: string, outcome: string, ms: number) =>
    metrics.histogram('circuit_store_seconds', { command, outcome }).observe(ms / 1_000);
  client.on('commandSucceeded', (event) => seconds(event.commandName, 'ok', event.duration));
  client.on('commandFailed', (event) => seconds(event.commandName, 'failed', event.duration));

  const open = metrics.gauge('circuit_store_connections', { state: 'open' });
  const used = metrics.gauge('circuit_store_connections', { state: 'used' });
  client.on('connectionCreated', () => open.inc());
  client.on('connectionClosed', () => open.dec());
  client.on('connectionCheckedOut', () => used.inc());
  client.on('connectionCheckedIn', () => used.dec());
}
