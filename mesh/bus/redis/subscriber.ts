// An edge's side of Redis: one sharded subscription for each topic, however many sockets follow it.

import { TopicEvent } from '../../../gen/circuit/link/v1/topic_service.ts';
import { RedisConnection, type RedisOptions } from './connection.ts';
import { channelPrefix } from './publisher.ts';

export type RedisSubscriber = {
  readonly healthy: boolean;
  onHealth(listener: (healthy: boolean) => void): void;
  onEvent(listener: (event: TopicEvent) => void): void;
  /** Resolves when Redis has confirmed; rejects when it is away. A subscription lives through reconnects. */
  subscribe(topic: string): Promise<void>;
  unsubscribe(topic: string): void;
  close(): Promise<void>;
};

export function openRedisSubscriber(options: RedisOptions): RedisSubscriber {
  const connection = new RedisConnection(options);
  const listeners: ((event: TopicEvent) => void)[] = [];
  /** Topics that Redis was told of, with its confirmation. */
  const confirmations = new Map<string, Promise<void>>();

  const receive = (message: Buffer): void => {
    let event: TopicEvent;
    try {
      event = TopicEvent.decode(message);
    } catch (error) {
      options.log.warn({ err: error }, 'redis brought something that is no event');
      return;
    }
    for (const listener of listeners) listener(event);
  };

  return {
    get healthy() {
      return connection.healthy;
    },
    onHealth: (listener) => connection.onHealth(listener),
    onEvent: (listener) => void listeners.push(listener),
    close: () => connection.close(),
    subscribe(topic) {
      const known = confirmations.get(topic);
      if (known) return known;
      const confirmation = connection.commands
        .sSubscribe(channelPrefix + topic, receive, true)
        .then(() => {})
        .catch((error: unknown) => {
          confirmations.delete(topic);
          throw error;
        });
      confirmations.set(topic, confirmation);
      return confirmation;
    },
    unsubscribe(topic) {
      if (!confirmations.delete(topic)) return;
      connection.commands.sUnsubscribe(channelPrefix + topic).catch(() => {});
    },
  };
}
