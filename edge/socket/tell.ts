// What the edge says to a socket by itself: hello, ready, joined.

import { HelloEvent, JoinedEvent, ReadyEvent } from '../../gen/circuit/socket/v1/socket_service.ts';
import type { Api } from '../../mesh/schema/api.ts';
import type { Topic } from '../fanout/topic.ts';
import { type EdgeLimits, heartbeatMs, resumeTopicsMax, topicsPerFrame } from '../limits.ts';
import type { Format, Frame } from './format.ts';
import type { Session } from './session.ts';

export class Tell {
  readonly #api: Api;
  readonly #limits: EdgeLimits;

  constructor(api: Api, limits: EdgeLimits) {
    this.#api = api;
    this.#limits = limits;
  }

  hello(session: Session, nowMs: number): void {
    const { frameBytes, requestsInFlight, costPerSecond, costBurst, topicsPerSocket } = this.#limits;
    const limits = {
      frameBytes,
      requestsInFlight,
      costPerSecond,
      costBurst,
      topics: topicsPerSocket,
      resumeTopics: resumeTopicsMax,
    };
    const hello = { sessionId: session.id, time: new Date(nowMs), heartbeatMs, limits };
    session.send(this.#frame(session.format, 'hello', HelloEvent.encode(hello).finish()));
  }

  /** All topics of a socket with its position in each; where they are many, `joined` frames come before `ready`. */
  ready(session: Session, topics: readonly Topic[]): void {
    let from = 0;
    for (; topics.length - from > topicsPerFrame; from += topicsPerFrame) {
      this.joined(session, topics.slice(from, from + topicsPerFrame));
    }
    const data = ReadyEvent.encode({ topics: positions(topics.slice(from)) }).finish();
    session.send(this.#frame(session.format, 'ready', data));
  }

  joined(session: Session, topics: readonly Topic[]): void {
    session.send(this.joinedFrame(session.format, topics));
  }

  joinedFrame<F extends Frame>(format: Format<F>, topics: readonly Topic[]): F {
    return this.#frame(format, 'joined', JoinedEvent.encode({ topics: positions(topics) }).finish());
  }

  #frame<F extends Frame>(format: Format<F>, event: string, data: Uint8Array): F {
    return format.event(event, '', 0, this.#api.pushes.get(event)?.message, data);
  }
}

function positions(topics: readonly Topic[]): Map<string, number> {
  return new Map(topics.map((topic) => [topic.name, topic.head]));
}
