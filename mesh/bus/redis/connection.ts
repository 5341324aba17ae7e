// A connection to Redis that says whether it can be relied on. Nothing in Redis is believed: all of it may vanish.

import { createClient, createCluster } from 'redis';
import type { Logger } from '../../telemetry/log.ts';

/** How often the other side is asked whether it is there. */
export const heartbeatMs = 1_000;
/** Without an answer for this long, it is held to be away. */
export const silenceMs = 2_500;
const reconnectMsMax = 2_000;
/** Commands that wait for their answer; above it a command is refused at once. */
const commandsInFlightMax = 20_000;

export type RedisOptions = {
  /** `redis://…` or `rediss://…`; with `?cluster=true` a cluster that is found from there. */
  readonly url: string;
  readonly log: Logger;
};

/** What is used of a client or of a cluster's client. */
export type RedisCommands = {
  sPublish(channel: string, message: Buffer): Promise<unknown>;
  sSubscribe(channel: string, listener: (message: Buffer, channel: Buffer) => void, buffers: true): Promise<unknown>;
  sUnsubscribe(channel: string): Promise<unknown>;
  ping(): Promise<unknown>;
  set(key: string, value: string, options: { readonly PX: number }): Promise<unknown>;
  getDel(key: string): Promise<string | null>;
  eval(script: string, call: { readonly keys: string[]; readonly arguments: string[] }): Promise<unknown>;
};

export class RedisConnection {
  readonly commands: RedisCommands;
  readonly #close: () => void;
  readonly #log: Logger;
  readonly #listeners: ((healthy: boolean) => void)[] = [];
  #healthy = false;
  #connected = false;
  #closed = false;
  #heartbeat: NodeJS.Timeout | undefined;

  /** Connects in the background, for as long as it takes. `ready` is when subscriptions are in force again, too. */
  constructor(options: RedisOptions) {
    this.#log = options.log;
    const { commands, connect, close, on } = openClient(options.url);
    this.commands = commands;
    this.#close = close;
    on('ready', () => {
      this.#connected = true;
      this.#beat();
    });
    on('reconnecting', () => this.#lost());
    on('error', (error) => {
      this.#log.debug({ err: error }, 'redis');
      this.#lost();
    });
    connect().catch((error: unknown) => this.#log.debug({ err: error }, 'redis'));
  }

  get healthy(): boolean {
    return this.#healthy;
  }

  /** Called at every change, in a turn of its own: never inside a callback of the client. */
  onHealth(listener: (healthy: boolean) => void): void {
    this.#listeners.push(listener);
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    clearTimeout(this.#heartbeat);
    // In a turn of its own: the client loops for ever when it is destroyed inside a message's callback.
    await new Promise<void>((resolve) => setImmediate(resolve));
    this.#close();
  }

  #lost(): void {
    this.#connected = false;
    this.#become(false);
  }

  /** One ping at a time; a late answer makes the connection healthy again. */
  #beat(): void {
    if (this.#closed || !this.#connected) return;
    clearTimeout(this.#heartbeat);
    const silence = setTimeout(() => this.#become(false), silenceMs);
    this.commands.ping().then(
      () => {
        clearTimeout(silence);
        if (this.#closed || !this.#connected) return;
        this.#become(true);
        this.#heartbeat = setTimeout(() => this.#beat(), heartbeatMs);
      },
      () => {
        clearTimeout(silence);
        if (this.#closed) return;
        this.#become(false);
        this.#heartbeat = setTimeout(() => this.#beat(), heartbeatMs);
      },
    );
  }

  #become(healthy: boolean): void {
    if (healthy === this.#healthy || this.#closed) return;
    this.#healthy = healthy;
    if (healthy) this.#log.info({}, 'redis is there');
    else this.#log.warn({}, 'redis is away: events travel on Links');
    setImmediate(() => {
      if (!this.#closed) for (const listener of this.#listeners) listener(healthy);
    });
  }
}

type Opened = {
  readonly commands: RedisCommands;
  connect(): Promise<unknown>;
  close(): void;
  on(event: 'ready' | 'reconnecting' | 'error', listener: (error?: unknown) => void): void;
};

function openClient(text: string): Opened {
  const url = new URL(text);
  const cluster = url.searchParams.get('cluster') === 'true';
  url.searchParams.delete('cluster');
  const socket = {
    connectTimeout: 5_000,
    reconnectStrategy: (retries: number) => Math.min(reconnectMsMax, 50 * 2 ** retries) * (0.5 + Math.random() / 2),
  };
  const bounded = { disableOfflineQueue: true, commandsQueueMaxLength: commandsInFlightMax };
  if (!cluster) {
    const client = createClient({ url: url.href, socket, ...bounded });
    return {
      commands: client as unknown as RedisCommands,
      connect: () => client.connect(),
      close: () => client.destroy(),
      on: (event, listener) => void client.on(event, listener),
    };
  }
  const client = createCluster({ rootNodes: [{ url: url.href }], defaults: { socket, ...bounded } });
  const commands: RedisCommands = {
    sPublish: (channel, message) => client.sPublish(channel, message),
    sSubscribe: (channel, listener, buffers) => client.sSubscribe(channel, listener as never, buffers),
    sUnsubscribe: (channel) => client.sUnsubscribe(channel),
    ping: () => client.sendCommand(undefined, true, ['PING']),
    set: (key, value, options) => client.set(key, value, options),
    getDel: (key) => client.getDel(key),
    eval: (script, call) => client.eval(script, call),
  };
  return {
    commands,
    connect: () => client.connect(),
    close: () => client.destroy(),
    on: (event, listener) => {
      if (event === 'ready') client.on('connect', listener);
      else if (event === 'reconnecting') client.on('node-reconnecting', listener);
      else client.on('error', listener);
    },
  };
}
