// The embedded store: speaks MongoDB's wire protocol over an LMDB file, for a laptop, one small server, and every
// test. It may touch its data directory and its own socket only. What it has acknowledged is on disk.
import { mkdirSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { Long, Timestamp } from 'bson';
import { Arguments } from './commands/arguments.ts';
import { Cursors } from './commands/cursors.ts';
import type { Engine } from './commands/engine.ts';
import { setName } from './commands/handshake.ts';
import { commandOf } from './commands/table.ts';
import { StoreError, storeError } from './errors.ts';
import { Catalog } from './storage/catalog.ts';
import { Environment } from './storage/environment.ts';
import { type Answer, Connection, errorAnswer } from './wire/connection.ts';
import type { Request } from './wire/message.ts';

export type StoreOptions = {
  /** The directory of the data; made if there is none. */
  readonly dataDir: string;
  /** 0: any free port. */
  readonly port: number;
  /** Default 127.0.0.1. */
  readonly host?: string;
  /** Demanded from every client; required when `host` is not loopback. */
  readonly credentials?: { readonly user: string; readonly password: string };
  /** Refuses queries that would scan a collection, with NoQueryExecutionPlans (291). */
  readonly strict?: boolean;
  readonly log?: (record: object) => void;
};

export type Store = { readonly uri: string; readonly port: number; close(): Promise<void> };

/** Connections at once. */
export const connectionsMax = 2000;

export async function openStore(options: StoreOptions): Promise<Store> {
  mkdirSync(options.dataDir, { recursive: true });
  const host = options.host ?? '127.0.0.1';
  const environment = new Environment(join(options.dataDir, 'lmdb'));
  const catalog = new Catalog(environment);
  let port = 0;
  const engine: Engine = {
    environment,
    catalog,
    cursors: new Cursors(() => Date.now()),
    strict: options.strict ?? false,
    address: () => `${host}:${port}`,
    now: () => new Date(),
  };
  const connections = new Set<Connection>();
  const server = createServer((socket) => {
    const connection = new Connection(socket, (request, signal) => answer(engine, request, signal, options.log));
    connections.add(connection);
    socket.on('close', () => connections.delete(connection));
  });
  server.maxConnections = connectionsMax;
  port = await listen(server, options.port, host);
  return {
    port,
    uri: `mongodb://${host}:${port}/?replicaSet=${setName}`,
    async close() {
      for (const connection of connections) connection.close();
      await new Promise<void>((resolve) => server.close(() => resolve()));
      await environment.close();
    },
  };
}

function listen(server: Server, port: number, host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      const address = server.address();
      if (address === null || typeof address === 'string') reject(new Error('the store has no port'));
      else resolve(address.port);
    });
  });
}

async function answer(
  engine: Engine,
  request: Request,
  signal: AbortSignal,
  log: StoreOptions['log'],
): Promise<Answer> {
  try {
    const args = new Arguments(request);
    const command = commandOf(args.command);
    const database = args.text('$db') ?? 'admin';
    const maxTime = args.size('maxTimeMS') ?? 0;
    const deadline = maxTime > 0 ? { deadlineMs: performance.now() + maxTime } : {};
    const reply = await command({ engine, database, args, signal, ...deadline });
    return { ...reply, ok: 1, ...clusterTime(engine) };
  } catch (error) {
    if (error instanceof StoreError) return { ...errorAnswer(error), ...clusterTime(engine) };
    log?.({ level: 'error', event: 'store.fault', error: error instanceof Error ? error.stack : String(error) });
    return errorAnswer(
      storeError('InternalError', `the store failed: ${error instanceof Error ? error.message : error}`),
    );
  }
}

/** Sessions ask for a cluster time; one member has its own clock. */
function clusterTime(engine: Engine): Answer {
  const time = new Timestamp({ t: Math.floor(engine.now().getTime() / 1000), i: 1 });
  const signature = { hash: Buffer.alloc(20), keyId: Long.ZERO };
  return { $clusterTime: { clusterTime: time, signature }, operationTime: time };
}
