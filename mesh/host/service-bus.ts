// The bus that the services of a host publish on: it reaches followers here and on Links, and the relay beside them.
// What is published while a traced request is served belongs to its trace, and so does what becomes of it at the edges.

import { SpanKind } from '@opentelemetry/api';
import type { TopicEvent } from '../../gen/circuit/link/v1/topic_service.ts';
import type { Bus, Relay } from '../bus/bus.ts';
import type { TopicHub } from '../bus/topic-hub.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import { type OpenSpan, openPart } from '../telemetry/trace.ts';
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
      const span = openPublishSpan(event);
      const told = span === undefined ? event : { ...event, traceparent: span.traceparent };
      hub.publish(told);
      relay?.publish(told);
      span?.end();
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

function openPublishSpan({ topic, seq, event }: TopicEvent): OpenSpan | undefined {
  return openPart(() => ({
    name: `publish ${prefixOf(topic)}`,
    kind: SpanKind.PRODUCER,
    attributes: {
      'messaging.system': 'circuit',
      'messaging.operation.type': 'send',
      'messaging.operation.name': 'publish',
      'messaging.destination.name': topic,
      'messaging.destination.template': prefixOf(topic),
      'circuit.event': event,
      ...(seq > 0 && { 'circuit.seq': seq }),
    },
  }));
}
