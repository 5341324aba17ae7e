// A service's side of Redis: what the host publishes goes out as sharded publish, beside every Link that asked for it.

import { TopicEvent } from '../../../gen/circuit/link/v1/topic_service.ts';
import type { Bus } from '../bus.ts';
import { RedisConnection, type RedisOptions } from './connection.ts';

/** Sharded channels of the mesh in a Redis that others may share. */
export const channelPrefix = 'circuit:';

export type RedisPublisher = Bus & {
  /** False: edges must get their events by Link. */
  readonly healthy: boolean;
  onHealth(listener: (healthy: boolean) => void): void;
  close(): Promise<void>;
};

/** Publishes while Redis is there; drops at once while it is not. Order holds for each topic. */
export function openRedisPublisher(options: RedisOptions): RedisPublisher {
  const connection = new RedisConnection({ ...options, use: 'bus' });
  const failed = options.metrics?.counter('circuit_redis_publish_failed_total', {});
  return {
    get healthy() {
      return connection.healthy;
    },
    onHealth: (listener) => connection.onHealth(listener),
    close: () => connection.close(),
    publish(event) {
      const { commands } = connection;
      if (commands === undefined) return;
      const bytes = TopicEvent.encode(event).finish();
      const message = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      commands.sPublish(channelPrefix + event.topic, message).catch((error: unknown) => {
        failed?.inc();
        // Edges are told, follow by Link and compare heads: so what is missing now is found at once.
        connection.fail(commands, error);
      });
    },
  };
}
