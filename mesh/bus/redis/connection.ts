// A connection to Redis that says whether it can be relied on. Nothing in Redis is believed: all of it may vanish.
// What fails in any way is thrown away as a whole, and a fresh client taken, for as long as it takes.

import type { Logger } from '../../telemetry/log.ts';
import type { Metrics } from '../../telemetry/metrics.ts';
import { openRedisClient, type RedisClient, type RedisCommands, type RedisNode } from './client.ts';

/** How often the other side is asked whether it is there. */
export const heartbeatMs = 1_000;
/** Without an answer for this long, it is held to be away. */
export const silenceMs = 2_500;
/** A client that has not connected within this time is given up; several nodes may have been tried by then. */
const openWithinMs = 10_000;
/** Pause before a fresh client, doubled from one failure to the next, each with jitter. */
const pauseMsMin = 50;
const pauseMsMax = 2_000;
/** Reasons that are told of one absence: what began it is seldom what keeps it away, such as a new password. */
const reasonsToldMax = 4;
/** Who was there for so long is asked again without much of a pause. */
const settledMs = 10_000;

export type RedisOptions = {
  /** `redis://…` or `rediss://…`; with `?cluster=true` a cluster that is found from there. */
  readonly url: string;
  readonly log: Logger;
  readonly metrics?: Metrics;
};

export type RedisConnectionOptions = RedisOptions & {
  /** What it is for, in metrics and in the log. */
  readonly use: 'bus' | 'shared';
  /** What a fresh client needs before it counts as there, such as its subscriptions. */
  readonly prepare?: (commands: RedisCommands) => Promise<void>;
};

export class RedisConnection {
  readonly #options: RedisConnectionOptions;
  readonly #listeners: ((healthy: boolean) => void)[] = [];
  #client: RedisClient | undefined;
  /** Of a cluster, as last found: the node that the URL names may be gone when the others are not. */
  #nodes: readonly RedisNode[] = [];
  #healthy = false;
  #healthySinceMs = 0;
  #failures = 0;
  /** Why it is away, as told since it was last there. */
  readonly #told = new Set<string>();
  #closed = false;
  /** Of the next client, or of the present one's next heartbeat. */
  #timer: NodeJS.Timeout | undefined;

  /** Connects in the background. Throws where the URL is none. */
  constructor(options: RedisConnectionOptions) {
    this.#options = options;
    this.#measure();
    void this.#open(openRedisClient(options.url, []));
  }

  get healthy(): boolean {
    return this.#healthy;
  }

  /** Of the client that is there; undefined while none is. */
  get commands(): RedisCommands | undefined {
    return this.#healthy ? this.#client?.commands : undefined;
  }

  /** Called at every change, in a turn of its own: never inside a callback of the client. */
  onHealth(listener: (healthy: boolean) => void): void {
    this.#listeners.push(listener);
  }

  /** Something that should have worked did not: these commands are not to be relied on any more. */
  fail(commands: RedisCommands, error: unknown): void {
    if (this.#client?.commands === commands) this.#lose(this.#client, error);
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    clearTimeout(this.#timer);
    const client = this.#client;
    this.#client = undefined;
    this.#healthy = false;
    this.#measure();
    if (client !== undefined) await this.#destroy(client);
  }

  async #open(client: RedisClient): Promise<void> {
    this.#client = client;
    client.onError((error) => this.#lose(client, error));
    const late = setTimeout(() => this.#lose(client, new Error(`not open within ${openWithinMs} ms`)), openWithinMs);
    try {
      await client.connect();
      clearTimeout(late);
      if (client !== this.#client) return;
      void this.#beat(client);
      await this.#options.prepare?.(client.commands);
      if (client === this.#client) this.#become(true);
    } catch (error) {
      this.#lose(client, error);
    } finally {
      clearTimeout(late);
      // Lost while it was opening: what it opened since is closed, too.
      if (client !== this.#client) void this.#destroy(client);
    }
  }

  /** One ping at a time, as long as the client is there. */
  async #beat(client: RedisClient): Promise<void> {
    let answered = false;
    const silence = setTimeout(async () => {
      // After a turn that took long itself: an answer may lie there unread.
      await turn();
      if (!answered) this.#lose(client, new Error(`no answer within ${silenceMs} ms`));
    }, silenceMs);
    try {
      await client.ping();
      answered = true;
      if (client === this.#client) this.#timer = setTimeout(() => void this.#beat(client), heartbeatMs);
    } catch (error) {
      this.#lose(client, error);
    } finally {
      clearTimeout(silence);
    }
  }

  #lose(client: RedisClient, error: unknown): void {
    if (client !== this.#client) return;
    this.#client = undefined;
    clearTimeout(this.#timer);
    void this.#destroy(client);
    const settled = this.#healthy && performance.now() - this.#healthySinceMs >= settledMs;
    if (settled) this.#failures = 0;
    const { log, url, use } = this.#options;
    if (this.#failures === 0 || this.#healthy) this.#told.clear();
    // Told once for each reason, not at each attempt.
    const reason = String(error);
    if (!this.#told.has(reason) && this.#told.size < reasonsToldMax) {
      this.#told.add(reason);
      log.warn({ err: error, detail: use }, 'redis is away');
    }
    const pauseMs = Math.min(pauseMsMin * 2 ** this.#failures, pauseMsMax);
    this.#failures += 1;
    this.#become(false);
    const again = () => void this.#open(openRedisClient(url, this.#nodes));
    this.#timer = setTimeout(again, pauseMs * (0.5 + Math.random() / 2));
  }

  /** In a turn of its own: the client loops for ever when it is destroyed inside a message's callback. */
  async #destroy(client: RedisClient): Promise<void> {
    await turn();
    try {
      client.destroy();
    } catch (error) {
      this.#options.log.warn({ err: error, detail: this.#options.use }, 'a client of redis did not close');
    }
  }

  #become(healthy: boolean): void {
    if (healthy === this.#healthy || this.#closed) return;
    this.#healthy = healthy;
    this.#measure();
    if (healthy) {
      this.#healthySinceMs = performance.now();
      this.#nodes = this.#client?.nodes() ?? [];
      this.#options.log.info({ detail: this.#options.use }, 'redis is there');
    }
    void turn().then(() => {
      if (!this.#closed) for (const listener of this.#listeners) listener(healthy);
    });
  }

  #measure(): void {
    const { metrics, use } = this.#options;
    metrics?.gauge('circuit_redis_healthy', { use }).set(this.#healthy ? 1 : 0);
  }
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
