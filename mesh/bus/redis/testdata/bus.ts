// What tests of the bus over Redis share: events, and Links whose service may say that it has lost Redis.

import { TopicEvent } from '../../../../gen/circuit/link/v1/topic_service.ts';
import { memorySubscriptions } from '../../memory.ts';
import { TopicHub } from '../../topic-hub.ts';
import type { LinkSubscriptions } from '../switching-subscriptions.ts';

export function event(topic: string, seq: number): TopicEvent {
  return TopicEvent.fromPartial({ topic, seq, event: 'pond.measured' });
}

/** Links to one service in this process, which publishes on `hub`. */
export class TestLinks implements LinkSubscriptions {
  readonly hub = new TopicHub();
  readonly #memory = memorySubscriptions(this.hub);
  readonly subscribe = this.#memory.subscribe;
  readonly unsubscribe = this.#memory.unsubscribe;
  readonly onEvent = this.#memory.onEvent;
  readonly onGap = this.#memory.onGap;
  readonly #onBusAway: ((away: boolean) => void)[] = [];
  busAway = false;

  onBusAway(listener: (away: boolean) => void): void {
    this.#onBusAway.push(listener);
  }

  /** The service tells what it publishes on. */
  say(busAway: boolean): void {
    this.busAway = busAway;
    for (const listener of this.#onBusAway) listener(busAway);
  }
}

/** Looks again and again; the test's own time limit is the guard. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5));
}
