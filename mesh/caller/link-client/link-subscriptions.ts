// The edge's topics, followed on every Link that may bring their events: on those of the service that keeps a topic, or
// on all for topics that nobody keeps. New Links follow them before they are given calls.

import type { TopicEvent } from '../../../gen/circuit/link/v1/topic_service.ts';
import type { Subscriptions } from '../../bus/bus.ts';
import { coerce } from '../../errors/coerce.ts';
import { refuse } from '../../errors/refuse.ts';
import { onAbort } from '../../link/on-abort.ts';
import type { Api } from '../../schema/api.ts';
import type { Link } from './link.ts';

export type LinkSubscriptionsOptions = {
  readonly api: Api;
  readonly links: () => readonly Link[];
};

export class LinkSubscriptions implements Subscriptions {
  readonly #options: LinkSubscriptionsOptions;
  /** Each topic with the number of the change that began it. */
  readonly #topics = new Map<string, number>();
  readonly #onEvent: ((event: TopicEvent) => void)[] = [];
  readonly #onGap: ((topics: Iterable<string>) => void)[] = [];
  readonly #onBusAway: ((away: boolean) => void)[] = [];
  #busAway = false;
  /** Changes so far; from 1, since 0 on a Link means that nothing is asked. */
  #changes = 1;

  constructor(options: LinkSubscriptionsOptions) {
    this.#options = options;
  }

  /** Topics that are followed. */
  get size(): number {
    return this.#topics.size;
  }

  /**
   * As in `Subscriptions`. A topic stays asked for after a rejection, until `unsubscribe`: it is then followed as soon
   * as a Link opens, which `onGap` tells. Throws UNAVAILABLE, CANCELLED, DEADLINE_EXCEEDED.
   */
  async subscribe(topic: string, signal: AbortSignal): Promise<void> {
    if (signal.aborted) throw coerce(signal.reason);
    const links = this.#options.links().filter((link) => link.listening && this.#concerns(topic, link));
    const number = this.#topics.get(topic) ?? this.#begin(topic, links);
    const confirmed = await untilAborted(Promise.all(links.map((link) => link.whenConfirmed(number))), signal);
    if (!confirmed.includes(true)) throw refuse('UNAVAILABLE', { metadata: { topic } });
  }

  unsubscribe(topic: string): void {
    if (!this.#topics.delete(topic)) return;
    this.#changes += 1;
    for (const link of this.#options.links()) if (this.#concerns(topic, link)) link.changeTopic(topic, true);
  }

  onEvent(listener: (event: TopicEvent) => void): void {
    this.#onEvent.push(listener);
  }

  onGap(listener: (topics: Iterable<string>) => void): void {
    this.#onGap.push(listener);
  }

  /** True while some service says that what it publishes reaches edges by Links alone. */
  get busAway(): boolean {
    return this.#busAway;
  }

  onBusAway(listener: (away: boolean) => void): void {
    this.#onBusAway.push(listener);
  }

  /** Asks the Links again whether there is another bus than them. */
  reckonBus(): void {
    const away = this.#options.links().some((link) => link.busAway);
    if (away === this.#busAway) return;
    this.#busAway = away;
    for (const listener of this.#onBusAway) listener(away);
  }

  /** Hands an event of a Link to the listeners, unless its topic was left in the meantime. */
  deliver(event: TopicEvent): void {
    if (!this.#topics.has(event.topic)) return;
    for (const listener of this.#onEvent) listener(event);
  }

  /** Follows on a new Link all that concerns it, and asks for one confirmation of it all. */
  followOn(link: Link): void {
    for (const topic of this.#concerning(link)) link.changeTopic(topic, false);
    link.askTopics(this.#changes);
  }

  /** Events that came by this Link may have been missed. */
  gapOn(link: Link): void {
    for (const listener of this.#onGap) listener(this.#concerning(link));
  }

  #begin(topic: string, links: readonly Link[]): number {
    this.#changes += 1;
    this.#topics.set(topic, this.#changes);
    for (const link of links) {
      link.changeTopic(topic, false);
      link.askTopics(this.#changes);
    }
    return this.#changes;
  }

  *#concerning(link: Link): Iterable<string> {
    for (const topic of this.#topics.keys()) if (this.#concerns(topic, link)) yield topic;
  }

  #concerns(topic: string, link: Link): boolean {
    const owner = this.#options.api.topics.get(topic.slice(0, topic.indexOf(':')));
    return owner === undefined || link.services.has(owner.service);
  }
}

/** The work's value; throws CANCELLED or DEADLINE_EXCEEDED when the signal is aborted first. */
function untilAborted<Value>(work: Promise<Value>, signal: AbortSignal): Promise<Value> {
  return new Promise((resolve, reject) => {
    const leave = onAbort(signal, () => reject(coerce(signal.reason)));
    work.then(resolve, reject).finally(leave);
  });
}
