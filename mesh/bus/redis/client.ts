// One client of Redis, or of a cluster of it, for as long as nothing fails. It never connects again by itself: its
// library would subscribe again one channel at a time, past its own queue's bound, and a cluster's client does not say
// when a node is back. Whoever uses it takes a fresh one.

import { createClient, createCluster, type RedisClusterOptions } from 'redis';

const connectMs = 2_000;
/** Commands that wait for their answer; above it a command is refused at once. */
const commandsInFlightMax = 20_000;

/** What is used of a client or of a cluster's client. */
export type RedisCommands = {
  sPublish(channel: string, message: Buffer): Promise<unknown>;
  sSubscribe(channel: string, listener: MessageListener, buffers: true): Promise<unknown>;
  /** The listener is to be named: without it, what is subscribed again before the answer is lost. */
  sUnsubscribe(channel: string, listener: MessageListener, buffers: true): Promise<unknown>;
  set(key: string, value: string, options: { readonly PX: number }): Promise<unknown>;
  getDel(key: string): Promise<string | null>;
  eval(script: string, call: { readonly keys: string[]; readonly arguments: string[] }): Promise<unknown>;
};

export type MessageListener = (message: Buffer, channel: Buffer) => void;

export type RedisClient = {
  readonly commands: RedisCommands;
  connect(): Promise<unknown>;
  /** Resolves when every node has answered on every connection; throws, too, when they share the work otherwise now. */
  ping(): Promise<unknown>;
  /** Nodes of a cluster as it knows them now: where the next client may find it. */
  nodes(): readonly RedisNode[];
  /** Called when it is of no use any more, perhaps more than once. */
  onError(listener: (error: unknown) => void): void;
  /** May be called again. Never in a message's callback: the library would loop for ever. */
  destroy(): void;
};

export type RedisNode = { readonly host: string; readonly port: number };

/** `known`: further nodes by which a cluster may be found. */
export function openRedisClient(text: string, known: readonly RedisNode[]): RedisClient {
  const url = new URL(text);
  const isCluster = url.searchParams.get('cluster') === 'true';
  url.searchParams.delete('cluster');
  return isCluster ? clusterClient(url, known) : singleClient(url);
}

const socket = { connectTimeout: connectMs, reconnectStrategy: false } as const;
/** A timer for each command would cost three times as much as the command: heartbeats find out who does not answer. */
const commandOptions = { timeout: 0 } as const;
const common = {
  disableOfflineQueue: true,
  commandsQueueMaxLength: commandsInFlightMax,
  // Nothing is asked of Redis that its user needs further rights for.
  disableClientInfo: true,
  maintNotifications: 'disabled',
} as const;

function singleClient(url: URL): RedisClient {
  const client = createClient({ url: url.href, socket, commandOptions, ...common });
  return {
    commands: client as unknown as RedisCommands,
    connect: () => client.connect(),
    ping: () => client.ping(),
    nodes: () => [],
    onError: (listener) => {
      for (const event of ['error', 'end']) client.on(event, listener);
    },
    destroy: () => client.destroy(),
  };
}

function clusterClient(url: URL, known: readonly RedisNode[]): RedisClient {
  const first = { host: url.hostname.replace(/^\[|\]$/g, ''), port: Number(url.port || redisPort) };
  /** As they were when it had connected; the library makes a new list whenever it looks again. */
  let slots: unknown;
  const cluster = createCluster({
    commandOptions,
    rootNodes: [first, ...known].map((node) => ({ socket: { ...node } })),
    // Of the URL's settings the library would pass on none to the nodes that it finds.
    defaults: {
      ...credentialsIn(url),
      socket: { ...socket, ...(url.protocol === 'rediss:' && { tls: true }) },
      ...common,
    },
  });
  return {
    commands: cluster as unknown as RedisCommands,
    async connect() {
      await cluster.connect();
      slots = cluster.slots;
    },
    async ping() {
      // What was published while a slot moved is lost to whoever followed it where it was, and nobody says so.
      if (cluster.slots !== slots) throw new Error('slots of the cluster have moved');
      const nodes = cluster.masters.flatMap((node) => [
        cluster.nodeClient(node).then((client) => client.ping()),
        node.pubSub?.client.isReady && node.pubSub.client.ping(),
      ]);
      await Promise.all(nodes);
    },
    nodes: () => cluster.masters.map(({ host, port }) => ({ host, port })),
    onError: (listener) => {
      for (const event of ['error', 'node-error', 'sharded-channel-moved-error']) {
        // While it connects, one node's fault is none: it may be found by another, and `connect` tells how that ended.
        cluster.on(event, (error) => slots !== undefined && listener(error));
      }
    },
    destroy: () => cluster.destroy(),
  };
}

const redisPort = '6379';

function credentialsIn(url: URL): NonNullable<RedisClusterOptions['defaults']> {
  return {
    ...(url.username && { username: decodeURIComponent(url.username) }),
    ...(url.password && { password: decodeURIComponent(url.password) }),
  };
}
