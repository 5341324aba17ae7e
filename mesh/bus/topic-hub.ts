// What the services of one process publish, handed to whoever follows a topic: Links of edges, or a subscriber in the
// same process. Touches no network itself. Promises each follower the order in which it was published here.

import { TopicEvent } from '../../gen/circuit/link/v1/topic_service.ts';
import { encoded } from '../schema/encoded.ts';
import type { Bus } from './bus.ts';

export type Follower = {
  /** Takes an event; never waits, never throws, and publishes nothing before it returns. */
  deliver(event: TopicEvent, encoded: Uint8Array): void;
};

/** A topic has one follower nearly always: then no set is made for it. */
type Followers = Follower | Set<Follower>;

export class TopicHub implements Bus {
  readonly #topics = new Map<string, Followers>();

  /** Topics that somebody follows. */
  get size(): number {
    return this.#topics.size;
  }

  publish(event: TopicEvent): void {
    const followers = this.#topics.get(event.topic);
    if (followers === undefined) return;
    const bytes = encoded(TopicEvent, event);
    if (followers instanceof Set) for (const follower of followers) follower.deliver(event, bytes);
    else followers.deliver(event, bytes);
  }

  /** False where it followed already. */
  follow(topic: string, follower: Follower): boolean {
    const followers = this.#topics.get(topic);
    if (followers === follower || (followers instanceof Set && followers.has(follower))) return false;
    if (followers === undefined) this.#topics.set(topic, follower);
    else if (followers instanceof Set) followers.add(follower);
    else this.#topics.set(topic, new Set([followers, follower]));
    return true;
  }

  /** False where it did not follow. */
  leave(topic: string, follower: Follower): boolean {
    const followers = this.#topics.get(topic);
    if (followers === follower) return this.#topics.delete(topic);
    if (!(followers instanceof Set) || !followers.delete(follower)) return false;
    if (followers.size === 0) this.#topics.delete(topic);
    return true;
  }

  /** For a follower that is gone: a walk over all topics, which is rare, instead of a list in each follower. */
  leaveAll(follower: Follower): void {
    for (const topic of this.#topics.keys()) this.leave(topic, follower);
  }
}
