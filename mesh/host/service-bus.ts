// The bus that the services of a host publish on: it reaches followers here and on Links, and the relay beside them.

import type { Bus, Relay } from '../bus/bus.ts';
import type { TopicHub } from '../bus/topic-hub.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import { prefixOf } from './topic-handlers.ts';

export type ServiceBusOptions = {
  readonly hub: TopicHub;
  readonly relay: Relay | undefined;
  readonly metrics: Metrics | undefined;
};

export function serviceBus({ hub, relay, metrics }: ServiceBusOptions): Bus {
  // By prefix of the topic: as many as the API declares.
  const counters = new Map<string, { inc(): void }>();
  return {
    publish(event) {
      hub.publish(event);
      relay?.publish(event);
      if (metrics === undefined) return;
      const prefix = prefixOf(event.topic);
      let counter = counters.get(prefix);
      if (counter === undefined) {
        counter = metrics.counter('circuit_bus_published_total', { prefix });
        counters.set(prefix, counter);
      }
      counter.inc();
    },
  };
}
