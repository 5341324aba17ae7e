// Publish and subscribe between processes. At most once by design: the log is the durable truth, and heads reveal what
// was missed.

import type { TopicEvent } from '../../gen/circuit/link/v1/topic_service.ts';

/** A service's side: what it publishes reaches every edge that subscribed to the topic, in the order published here. */
export type Bus = {
  /** Never waits and never throws: what cannot be sent is found by comparing heads. */
  publish(event: TopicEvent): void;
};

/**
 * A bus beside Links, such as Redis: what a host publishes goes there, too, and its edges are told while it is away.
 */
export type Relay = Bus & {
  readonly healthy: boolean;
  onHealth(listener: (healthy: boolean) => void): void;
};

/** An edge's side. */
export type Subscriptions = {
  /**
   * Resolves when every process that may publish on this topic has confirmed; rejects when none can be reached. Either
   * way the topic is asked for until `unsubscribe`: it is followed as soon as a process is there, which `onGap` tells.
   */
  subscribe(topic: string, signal: AbortSignal): Promise<void>;
  unsubscribe(topic: string): void;
  /**
   * Called in the order that each publisher published, never before `subscribe` of its topic was asked for. The event's
   * bytes may be a view that pins a whole batch: copy what is kept.
   */
  onEvent(listener: (event: TopicEvent) => void): void;
  /**
   * Called when events of these topics may have been missed (a lost or new Link, a switch of the bus): compare heads.
   */
  onGap(listener: (topics: Iterable<string>) => void): void;
};
