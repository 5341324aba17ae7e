// An edge's side of Redis: one sharded subscription for each topic, however many sockets follow it. A fresh client is
// told of all topics, a window of them at a time, before Redis counts as there.

import { TopicEvent } from '../../../gen/circuit/link/v1/topic_service.ts';
import type { RedisCommands } from './client.ts';
import { RedisConnection, type RedisOptions } from './connection.ts';
import { channelPrefix } from './publisher.ts';

/** Changes of subscriptions that are under way at once. */
export const changesUnderWayMax = 1_000;

/** One topic: `busy` while Redis is being told, so that what is said of a topic keeps its order. */
type Entry = { wanted: boolean; there: boolean; busy: boolean };

export class RedisSubscriber {
  readonly #options: RedisOptions;
  readonly #connection: RedisConnection;
  readonly #topics = new Map<string, Entry>();
  /** Topics of which Redis does not know what is wanted. */
  readonly #due = new Set<string>();
  readonly #waiting = new Map<string, ((followed: boolean) => void)[]>();
  readonly #listeners: ((event: TopicEvent) => void)[] = [];
  #commands: RedisCommands | undefined;
  #underWay = 0;
  #whenSettled: (() => void) | undefined;

  constructor(options: RedisOptions) {
    this.#options = options;
    const prepare = (commands: RedisCommands) => this.#beginAnew(commands);
    this.#connection = new RedisConnection({ ...options, use: 'bus', prepare });
    this.#connection.onHealth((healthy) => !healthy && this.#giveUpWaiting());
    options.metrics?.beforeScrape(() => {
      options.metrics?.gauge('circuit_redis_subscriptions', {}).set(this.followedCount);
    });
  }

  get healthy(): boolean {
    return this.#connection.healthy;
  }

  /** Topics that Redis has confirmed. */
  get followedCount(): number {
    return this.healthy ? this.#topics.size - this.#due.size - this.#underWay : 0;
  }

  onHealth(listener: (healthy: boolean) => void): void {
    this.#connection.onHealth(listener);
  }

  onEvent(listener: (event: TopicEvent) => void): void {
    this.#listeners.push(listener);
  }

  /**
   * Resolves with true when Redis has confirmed, with false when it is away: then the topic is followed before Redis
   * counts as there again.
   */
  follow(topic: string): Promise<boolean> {
    const entry = this.#topics.get(topic) ?? { wanted: true, there: false, busy: false };
    this.#topics.set(topic, entry);
    this.#want(topic, entry, true);
    if (!this.healthy) return Promise.resolve(false);
    if (entry.there && !entry.busy) return Promise.resolve(true);
    return new Promise((resolve) => {
      const others = this.#waiting.get(topic);
      if (others === undefined) this.#waiting.set(topic, [resolve]);
      else others.push(resolve);
    });
  }

  leave(topic: string): void {
    const entry = this.#topics.get(topic);
    if (entry === undefined) return;
    this.#want(topic, entry, false);
    this.#tell(topic, false);
  }

  async close(): Promise<void> {
    await this.#connection.close();
    this.#giveUpWaiting();
  }

  /** A fresh client knows nothing. */
  async #beginAnew(commands: RedisCommands): Promise<void> {
    this.#commands = commands;
    this.#underWay = 0;
    this.#due.clear();
    for (const [topic, entry] of this.#topics) {
      if (!entry.wanted) this.#topics.delete(topic);
      entry.there = false;
      entry.busy = false;
      if (entry.wanted) this.#due.add(topic);
    }
    await new Promise<void>((resolve) => {
      this.#whenSettled = resolve;
      this.#work();
    });
  }

  #want(topic: string, entry: Entry, wanted: boolean): void {
    entry.wanted = wanted;
    this.#settle(topic, entry);
    this.#work();
  }

  /** Finds out what is to be done for a topic after a change of it. */
  #settle(topic: string, entry: Entry): void {
    if (entry.busy) return;
    if (entry.wanted !== entry.there) {
      this.#due.add(topic);
      return;
    }
    this.#due.delete(topic);
    if (entry.wanted) this.#tell(topic, true);
    else this.#topics.delete(topic);
  }

  #work(): void {
    const commands = this.#commands;
    if (commands === undefined) return;
    for (const topic of this.#due) {
      if (this.#underWay >= changesUnderWayMax) return;
      this.#due.delete(topic);
      void this.#change(commands, topic, this.#topics.get(topic) as Entry);
    }
    if (this.#underWay === 0) this.#whenSettled?.();
  }

  async #change(commands: RedisCommands, topic: string, entry: Entry): Promise<void> {
    const { wanted } = entry;
    const channel = channelPrefix + topic;
    entry.busy = true;
    this.#underWay += 1;
    try {
      if (wanted) await commands.sSubscribe(channel, this.#receive, true);
      else await commands.sUnsubscribe(channel, this.#receive, true);
    } catch (error) {
      if (commands === this.#commands) this.#commands = undefined;
      this.#connection.fail(commands, error);
      return;
    }
    // Of a client that was replaced since.
    if (commands !== this.#commands) return;
    this.#underWay -= 1;
    entry.there = wanted;
    entry.busy = false;
    this.#settle(topic, entry);
    this.#work();
  }

  readonly #receive = (message: Buffer): void => {
    let event: TopicEvent;
    try {
      event = TopicEvent.decode(message);
    } catch (error) {
      this.#options.log.warn({ err: error }, 'redis brought something that is no event');
      return;
    }
    for (const listener of this.#listeners) listener(event);
  };

  #tell(topic: string, followed: boolean): void {
    const waiting = this.#waiting.get(topic);
    if (waiting === undefined) return;
    this.#waiting.delete(topic);
    for (const resolve of waiting) resolve(followed);
  }

  #giveUpWaiting(): void {
    for (const topic of [...this.#waiting.keys()]) this.#tell(topic, false);
  }
}

/** Connects in the background, for as long as it takes. */
export function openRedisSubscriber(options: RedisOptions): RedisSubscriber {
  return new RedisSubscriber(options);
}
