// From an event to the sockets of its topic: encoded once per format, the same bytes for all, kept in the topic's ring.

import type { TemplatedApp } from 'uWebSockets.js';
import type { TopicEvent } from '../../gen/circuit/link/v1/topic_service.ts';
import type { Api, MessageSchema } from '../../mesh/schema/api.ts';
import type { Logger } from '../../mesh/telemetry/log.ts';
import type { EdgeCounters } from '../counters.ts';
import { ringsBytesMax } from '../limits.ts';
import { jsonFormat } from '../socket/json-format.ts';
import { protoFormat } from '../socket/proto-format.ts';
import { type Frames, Ring } from './ring.ts';
import type { Topic } from './topic.ts';

export type PublisherOptions = {
  readonly app: Pick<TemplatedApp, 'publish'>;
  readonly api: Api;
  readonly log: Logger;
  readonly counters: EdgeCounters;
  /** Milliseconds since 1970. */
  readonly clock: () => number;
};

export class Publisher {
  readonly #options: PublisherOptions;
  /** Bytes of all rings. */
  #ringBytes = 0;

  constructor(options: PublisherOptions) {
    this.#options = options;
  }

  /** Sends an event to all sockets of its topic, and keeps it if it has a number. */
  publish(topic: Topic, event: TopicEvent): void {
    const frames = this.encode(topic, event);
    const { app, counters } = this.#options;
    if (topic.jsonFollowers > 0 && frames.json !== undefined) {
      app.publish(jsonFormat.mark + topic.name, frames.json, false);
    }
    if (topic.protoFollowers > 0 && frames.proto !== undefined) {
      app.publish(protoFormat.mark + topic.name, frames.proto, true);
    }
    counters.events++;
    counters.deliveries += topic.followers;
    if (event.seq > 0) this.#keep(topic, event.seq, frames);
  }

  /** The frames of an event in the formats that the topic's sockets speak. */
  encode(topic: Topic, event: TopicEvent): Frames {
    const { speaksJson, speaksProto } = topic;
    const schema = this.#options.api.pushes.get(event.event)?.message;
    return {
      json: speaksJson ? this.#json(event, schema) : undefined,
      proto: speaksProto ? protoFormat.event(event.event, event.topic, event.seq, schema, event.data) : undefined,
    };
  }

  /** The topic's position has jumped, or it is let go. */
  forget(topic: Topic): void {
    if (topic.ring !== undefined) this.#ringBytes += topic.ring.clear();
    topic.ring = undefined;
  }

  /** Lets go of what is too old. */
  expire(topic: Topic): void {
    if (topic.ring === undefined) return;
    this.#ringBytes += topic.ring.expire(this.#options.clock());
    if (topic.ring.bytes === 0) topic.ring = undefined;
  }

  #json(event: TopicEvent, schema: MessageSchema | undefined): string {
    try {
      return jsonFormat.event(event.event, event.topic, event.seq, schema, event.data);
    } catch (err) {
      // The position must move all the same: the app sees a number without contents and may ask for it.
      this.#options.log.error({ event: event.event, topic: event.topic, err }, 'an event could not be encoded');
      return jsonFormat.event(event.event, event.topic, event.seq, undefined, event.data);
    }
  }

  #keep(topic: Topic, seq: number, frames: Frames): void {
    if (this.#ringBytes > ringsBytesMax) {
      this.forget(topic);
      return;
    }
    topic.ring ??= new Ring();
    this.#ringBytes += topic.ring.push(seq, frames, this.#options.clock());
  }
}
