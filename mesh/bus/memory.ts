// The subscriber's side of the bus where publisher and subscriber are one process.

import type { TopicEvent } from '../../gen/circuit/link/v1/topic_service.ts';
import type { Subscriptions } from './bus.ts';
import type { Follower, TopicHub } from './topic-hub.ts';

/** Subscriptions straight from a hub. Events arrive in a microtask, so that a listener may publish in turn. */
export function memorySubscriptions(hub: TopicHub): Subscriptions {
  const topics = new Set<string>();
  const listeners: ((event: TopicEvent) => void)[] = [];
  let waiting: TopicEvent[] = [];

  const drain = () => {
    const events = waiting;
    waiting = [];
    for (const event of events) {
      if (!topics.has(event.topic)) continue;
      for (const listener of listeners) listener(event);
    }
  };
  const follower: Follower = {
    deliver(event) {
      if (waiting.push(event) === 1) queueMicrotask(drain);
    },
  };

  return {
    async subscribe(topic, signal) {
      signal.throwIfAborted();
      topics.add(topic);
      hub.follow(topic, follower);
    },
    unsubscribe(topic) {
      topics.delete(topic);
      hub.leave(topic, follower);
    },
    onEvent(listener) {
      listeners.push(listener);
    },
    // Nothing lies between publisher and subscriber that could lose an event.
    onGap() {},
  };
}
