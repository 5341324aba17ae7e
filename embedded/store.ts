// The embedded store: speaks MongoDB's wire protocol over an LMDB file, for a laptop, one small server, and every
// test. It may touch its data directory and its own socket only. What it has acknowledged is on disk.
import { createServer, isIP, type Server, type Socket } from 'node:net';
import { Cursors } from './commands/cursors.ts';
import { dispatch } from './commands/dispatch.ts';
import type { Engine, Peer, StoreHooks } from './commands/engine.ts';
import { FailPoints } from './commands/fail-points.ts';
import { setName } from './commands/handshake.ts';
import { verifierOf } from './commands/scram.ts';
import { Upkeep } from './commands/upkeep.ts';
import { Catalog } from './storage/catalog.ts';
import type { Environment } from './storage/environment.ts';
import { type Files, openFiles } from './storage/open-files.ts';
import { Sessions } from './storage/sessions.ts';
import { type Answerer, bytesHeldMax, Connection, type Held } from './wire/connection.ts';
import { loginBytesMax, messageBytesMax } from './wire/message.ts';

export type { StoreHooks } from './commands/engine.ts';

export type StoreOptions = {
  /** The directory of the data; made if there is none. */
  readonly dataDir: string;
  /** 0: any free port. */
  readonly port: number;
  /** Default 127.0.0.1. Anything but loopback demands credentials. */
  readonly host?: string;
  /** Demanded from every client. */
  readonly credentials?: { readonly user: string; readonly password: string };
  /** Refuses queries that would scan a collection, with NoQueryExecutionPlans (291). */
  readonly strict?: boolean;
  /** Allows configureFailPoint. For tests. */
  readonly enableTestCommands?: boolean;
  /** Lets a test decide what befalls a command. */
  readonly hooks?: StoreHooks;
  readonly log?: (record: object) => void;
};

/** `uri` is for any MongoDB driver, without further options; it holds no password. */
export type Store = {
  readonly uri: string;
  readonly port: number;
  /** How many of each are open now, and the bytes of messages that are here. */
  open(): { readonly connections: number; readonly cursors: number; readonly messageBytes: number };
  close(): Promise<void>;
};

/** Connections at once; a further one is closed at once. */
export const connectionsMax = 2000;

/** Throws if the data is open elsewhere or damaged, the port is taken, or credentials are missing. */
export async function openStore(options: StoreOptions): Promise<Store> {
  const host = options.host ?? '127.0.0.1';
  if (!isLoopback(host) && options.credentials === undefined) {
    throw new Error(`the store listens on ${host} only with credentials`);
  }
  const files = openFiles(options.dataDir);
  try {
    if (files.restored) options.log?.({ level: 'warn', event: 'store.restored', dataDir: options.dataDir });
    return await serve(options, host, files);
  } catch (error) {
    await files.close();
    throw error;
  }
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
}

async function serve(options: StoreOptions, host: string, files: Files): Promise<Store> {
  const engine = engineOf(options, files.environment);
  const connections = new Set<Connection>();
  const held: Held = { bytes: 0, bytesMax: bytesHeldMax };
  const server = createServer((socket) => {
    const peer: Peer = { authenticated: false, reachedAt: addressOf(socket) };
    const answer: Answerer = (request, signal) => dispatch(engine, request, peer, signal);
    const isKnown = () => engine.credentials === undefined || peer.authenticated;
    const longest = () => (isKnown() ? messageBytesMax : loginBytesMax);
    const connection = new Connection(socket, answer, longest, held);
    connections.add(connection);
    socket.on('close', () => connections.delete(connection));
  });
  server.maxConnections = connectionsMax;
  const port = await listen(server, options.port, host);
  server.on('error', (error) => options.log?.({ level: 'error', event: 'store.listener', error: String(error) }));
  const upkeep = new Upkeep(engine);
  const login = options.credentials === undefined ? '' : '&authMechanism=SCRAM-SHA-256';
  return {
    port,
    uri: `mongodb://${withPort(host, port)}/?replicaSet=${setName}${login}`,
    open: () => ({ connections: connections.size, cursors: engine.cursors.count, messageBytes: held.bytes }),
    async close() {
      await upkeep.close();
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      await Promise.all([...connections].map((connection) => connection.drain()));
      await closed;
      await files.close();
    },
  };
}

/** Where this client reached the store: what it is told to come back to. */
function addressOf({ localAddress = '', localPort = 0 }: Socket): string {
  return withPort(localAddress.replace(/^::ffff:/, ''), localPort);
}

function withPort(host: string, port: number): string {
  return `${isIP(host) === 6 ? `[${host}]` : host}:${port}`;
}

function engineOf(options: StoreOptions, environment: Environment): Engine {
  const { credentials, hooks, log } = options;
  return {
    environment,
    catalog: new Catalog(environment),
    cursors: new Cursors(() => Date.now()),
    sessions: new Sessions(environment, () => Date.now()),
    strict: options.strict ?? false,
    now: () => new Date(),
    ...(options.enableTestCommands ? { failPoints: new FailPoints() } : {}),
    ...(hooks === undefined ? {} : { hooks }),
    ...(log === undefined ? {} : { log }),
    ...(credentials === undefined ? {} : { credentials: verifierOf(credentials.user, credentials.password) }),
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
