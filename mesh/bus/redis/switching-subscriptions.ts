// An edge's subscriptions over Redis while it can be relied on, and over Links while it can't. After each switch the
// topics are told as possibly behind, so that heads are compared; what arrives by both ways is dropped by its number.

import type { TopicEvent } from '../../../gen/circuit/link/v1/topic_service.ts';
import type { Subscriptions } from '../bus.ts';
import type { RedisSubscriber } from './subscriber.ts';

export type LinkSubscriptions = Subscriptions & {
  /** True while some service says that what it publishes does not reach Redis. */
  readonly busAway: boolean;
  onBusAway(listener: (away: boolean) => void): void;
};

/** How many subscriptions are asked for at once on Links after a switch. */
const batchTopics = 500;

export class SwitchingSubscriptions implements Subscriptions {
  readonly #redis: RedisSubscriber;
  readonly #links: LinkSubscriptions;
  readonly #topics = new Set<string>();
  readonly #gapListeners: ((topics: Iterable<string>) => void)[] = [];
  /** Topics are also subscribed on Links. */
  #byLink: boolean;
  #switching: Promise<void> = Promise.resolve();
  readonly #signal: AbortSignal;

  constructor(redis: RedisSubscriber, links: LinkSubscriptions, signal: AbortSignal) {
    this.#redis = redis;
    this.#links = links;
    this.#signal = signal;
    this.#byLink = this.#wantsLinks();
    redis.onHealth(() => this.#reconsider());
    links.onBusAway(() => this.#reconsider());
    links.onGap((topics) => this.#byLink && this.#tellGap(topics));
  }

  async subscribe(topic: string, signal: AbortSignal): Promise<void> {
    this.#topics.add(topic);
    const followed = await this.#redis.follow(topic);
    signal.throwIfAborted();
    // Left meanwhile, by whoever asked for it.
    if (!this.#topics.has(topic)) return;
    // Asked anew, and not #byLink: a switch that is under way may not have come to this topic yet.
    if (!followed || this.#wantsLinks()) this.#byLink = true;
    if (this.#byLink) await this.#links.subscribe(topic, signal);
    signal.throwIfAborted();
  }

  unsubscribe(topic: string): void {
    if (!this.#topics.delete(topic)) return;
    this.#redis.leave(topic);
    this.#links.unsubscribe(topic);
  }

  onEvent(listener: (event: TopicEvent) => void): void {
    const followed = (event: TopicEvent) => this.#topics.has(event.topic) && listener(event);
    this.#redis.onEvent(followed);
    this.#links.onEvent(followed);
  }

  onGap(listener: (topics: Iterable<string>) => void): void {
    this.#gapListeners.push(listener);
  }

  #wantsLinks(): boolean {
    return !this.#redis.healthy || this.#links.busAway;
  }

  #reconsider(): void {
    this.#switching = this.#switching.then(() => this.#switch()).catch(() => {});
  }

  /** Redis follows all topics whenever it is there: only Links are begun and left. */
  async #switch(): Promise<void> {
    if (this.#signal.aborted) return;
    if (this.#wantsLinks()) {
      this.#byLink = true;
      await this.#followOnLinks();
    } else if (this.#byLink) {
      this.#byLink = false;
      for (const topic of this.#topics) this.#links.unsubscribe(topic);
    }
    this.#tellGap(this.#topics);
  }

  async #followOnLinks(): Promise<void> {
    const topics = [...this.#topics];
    for (let at = 0; at < topics.length; at += batchTopics) {
      // Some may have been left since.
      const batch = topics.slice(at, at + batchTopics).filter((topic) => this.#topics.has(topic));
      await Promise.allSettled(batch.map((topic) => this.#links.subscribe(topic, this.#signal)));
    }
  }

  #tellGap(topics: Iterable<string>): void {
    for (const listener of this.#gapListeners) listener(topics);
  }
}
