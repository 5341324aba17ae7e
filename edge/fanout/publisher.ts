// From an event to the sockets of its topic: encoded once per format, the same bytes for all, kept in the topic's ring.

import type { TemplatedApp } from 'uWebSockets.js';
import { SpanKind } from '@opentelemetry/api';
import type { TopicEvent } from '../../gen/circuit/link/v1/topic_service.ts';
import type { Api, MessageSchema } from '../../mesh/schema/api.ts';
import { JsonWriter } from '../../mesh/schema/json/json-writer.ts';
import type { Logger } from '../../mesh/telemetry/log.ts';
import { type OpenSpan, openSpan } from '../../mesh/telemetry/trace.ts';
import type { EdgeCounters } from '../counters.ts';
import type { Format, Frame } from '../socket/format.ts';
import { jsonFormat, writeJsonEvent } from '../socket/json-format.ts';
import { protoFormat } from '../socket/proto-format.ts';
import type { Sessions } from '../socket/sessions.ts';
import { Arena } from './arena.ts';
import { type Kept, Ring } from './ring.ts';
import { keyOf, prefixOf, type Topic } from './topic.ts';

export type PublisherOptions = {
  readonly app: Pick<TemplatedApp, 'publish'>;
  readonly sessions: Sessions;
  readonly api: Api;
  readonly log: Logger;
  readonly counters: EdgeCounters;
  /** Milliseconds since 1970. */
  readonly clock: () => number;
};

const none: Kept = { place: -1, length: 0 };

export class Publisher {
  readonly arena = new Arena();
  readonly #options: PublisherOptions;
  readonly #json = new JsonWriter();

  constructor(options: PublisherOptions) {
    this.#options = options;
  }

  /** Sends an event to all sockets of its topic, and keeps it if it has a number. */
  publish(topic: Topic, event: TopicEvent): void {
    const span = event.traceparent === undefined ? undefined : openFanoutSpan(topic, event, event.traceparent);
    this.#publish(topic, event);
    span?.end();
  }

  #publish(topic: Topic, event: TopicEvent): void {
    const { api, counters, clock } = this.#options;
    const schema = api.pushes.get(event.event)?.message;
    const json = topic.speaksJson ? this.#publishJson(topic, event, schema) : none;
    const proto = topic.speaksProto ? this.#publishProto(topic, event, schema) : none;
    counters.events++;
    counters.deliveries += topic.followers;
    if (event.seq === 0) return;
    topic.ring ??= new Ring();
    topic.ring.push(event.seq, clock(), json, proto);
  }

  /** Sends a frame to the sockets of a topic that speak this format. */
  send(topic: Topic, format: Format, frame: Frame): void {
    const { app, sessions } = this.#options;
    if (!topic.isOwn) {
      app.publish(format === jsonFormat ? topic.jsonName : topic.protoName, frame, format.binary);
      return;
    }
    for (const session of sessions.ofUser(keyOf(topic.name))) {
      if (session.format === format && session.follows.has(topic)) session.send(frame);
    }
  }

  /** An event's frame in one format, for a socket that comes back. */
  encode(format: Format, event: TopicEvent): Frame {
    const schema = this.#options.api.pushes.get(event.event)?.message;
    return format.event(event.event, event.topic, event.seq, schema, event.data);
  }

  #publishJson(topic: Topic, event: TopicEvent, schema: MessageSchema | undefined): Kept {
    const isWhole = this.#writeJson(topic, event, schema);
    const frame = this.#json.view();
    if (topic.jsonFollowers > 0) this.send(topic, jsonFormat, frame);
    return isWhole ? this.#keep(event, frame) : none;
  }

  #publishProto(topic: Topic, event: TopicEvent, schema: MessageSchema | undefined): Kept {
    const frame = protoFormat.event(event.event, event.topic, event.seq, schema, event.data);
    if (topic.protoFollowers > 0) this.send(topic, protoFormat, frame);
    return this.#keep(event, frame);
  }

  /** False where the event can't be read: its number must be told all the same, and the app may ask for it. */
  #writeJson(topic: Topic, event: TopicEvent, schema: MessageSchema | undefined): boolean {
    this.#json.reset();
    try {
      writeJsonEvent(this.#json, event, topic.jsonText, schema);
      return schema !== undefined;
    } catch (err) {
      this.#options.log.error({ event: event.event, topic: event.topic, err }, 'an event could not be encoded');
      this.#json.reset();
      writeJsonEvent(this.#json, event, topic.jsonText, undefined);
      return false;
    }
  }

  #keep(event: TopicEvent, frame: Uint8Array): Kept {
    if (event.seq === 0) return none;
    const place = this.arena.write(frame);
    return place < 0 ? none : { place, length: frame.length };
  }
}

/** The end of a message's way: this edge's part of the trace that its sender began. */
function openFanoutSpan(topic: Topic, { seq, event }: TopicEvent, traceparent: string): OpenSpan {
  const prefix = prefixOf(topic.name);
  return openSpan(`fan-out ${prefix}`, {
    kind: SpanKind.CONSUMER,
    traceparent,
    attributes: {
      'messaging.system': 'circuit',
      'messaging.operation.type': 'process',
      'messaging.operation.name': 'fan-out',
      'messaging.destination.name': topic.name,
      'messaging.destination.template': prefix,
      'circuit.event': event,
      'circuit.sockets': topic.followers,
      ...(seq > 0 && { 'circuit.seq': seq }),
    },
  });
}
