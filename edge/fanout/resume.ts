// What a socket missed while it was away, up to exactly the position that it was told: from the topic's ring, else from
// the log when it is near; else the topic is stale and the app calls the sync RPC under its own rights.

import { ResumeAnswer, type ResumeResponse } from '../../gen/circuit/socket/v1/socket_service.ts';
import type { EdgeCounters } from '../counters.ts';
import { withDeadline } from '../deadline.ts';
import { resumeBytesMax, resumeEntriesMax, topicCallMs } from '../limits.ts';
import type { Frame } from '../socket/format.ts';
import type { Session } from '../socket/session.ts';
import type { Hub } from './hub.ts';
import type { Publisher } from './publisher.ts';
import type { Frames } from './ring.ts';
import type { Topic } from './topic.ts';
import type { TopicReader } from './topic-reader.ts';

export type ResumeOptions = {
  readonly hub: Hub;
  readonly reader: TopicReader;
  readonly publisher: Publisher;
  readonly counters: EdgeCounters;
  readonly signal: AbortSignal;
};

type Missed = readonly Frame[] | 'stale';

export class Resume {
  readonly #options: ResumeOptions;
  /** Pages of the log that are being read, so that many who come back at once cost one reading. */
  readonly #reading = new Map<string, Promise<readonly Frames[] | 'stale'>>();

  constructor(options: ResumeOptions) {
    this.#options = options;
  }

  /** Sends what was missed on each topic, in order, then returns what became of each. */
  async replay(session: Session, positions: ReadonlyMap<string, number>): Promise<ResumeResponse> {
    const topics = new Map<string, ResumeAnswer>();
    const remaining: string[] = [];
    let room = resumeBytesMax;
    for (const [name, position] of positions) {
      if (session.ws === undefined) break;
      if (room <= 0) {
        remaining.push(name);
        continue;
      }
      const missed = await this.#missed(session, name, position);
      const size = missed === 'stale' ? 0 : missed.reduce((sum, frame) => sum + frame.length, 0);
      if (size > room && room < resumeBytesMax) {
        remaining.push(name);
        room = 0;
        continue;
      }
      room -= size;
      topics.set(name, this.#send(session, size > resumeBytesMax ? 'stale' : missed));
    }
    return { topics, remaining };
  }

  #send(session: Session, missed: Missed): ResumeAnswer {
    if (missed === 'stale') {
      this.#options.counters.resumedStale++;
      return ResumeAnswer.RESUME_ANSWER_STALE;
    }
    session.ws?.cork(() => {
      for (const frame of missed) session.send(frame);
    });
    return ResumeAnswer.RESUME_ANSWER_REPLAYED;
  }

  async #missed(session: Session, name: string, position: number): Promise<Missed> {
    const { hub, counters } = this.#options;
    const topic = hub.find(name);
    if (topic === undefined) return 'stale';
    const upTo = session.follows.position(topic);
    const since = session.follows.since(topic);
    if (upTo === undefined || since === undefined) return 'stale';
    if (!topic.sequenced || position >= upTo) return [];
    if (position < since) return 'stale';
    const kept = inFormat(session, topic.ring?.between(position, upTo));
    if (kept !== undefined) {
      counters.resumedFromRing++;
      return kept;
    }
    if (upTo - position > resumeEntriesMax) return 'stale';
    const read = await this.#fromLog(topic, position, upTo);
    // The right may have ended while the log was read.
    if (read === 'stale' || !session.follows.has(topic)) return 'stale';
    counters.resumedFromLog++;
    return inFormat(session, read) ?? 'stale';
  }

  #fromLog(topic: Topic, position: number, upTo: number): Promise<readonly Frames[] | 'stale'> {
    const key = `${topic.name} ${position} ${upTo} ${topic.speaksJson} ${topic.speaksProto}`;
    let reading = this.#reading.get(key);
    if (reading === undefined) {
      const { signal } = this.#options;
      const page = withDeadline(signal, topicCallMs, (deadline) => this.#read(topic, position, upTo, deadline));
      reading = page.finally(() => this.#reading.delete(key));
      this.#reading.set(key, reading);
    }
    return reading;
  }

  async #read(
    topic: Topic,
    position: number,
    upTo: number,
    deadline: AbortSignal,
  ): Promise<readonly Frames[] | 'stale'> {
    const { reader, publisher } = this.#options;
    const frames: Frames[] = [];
    let at = position;
    try {
      while (at < upTo) {
        const page = await reader.entries(topic.name, at, upTo - at, deadline);
        if (page.gone || page.events.length === 0) return 'stale';
        for (const event of page.events) {
          if (event.seq !== at + 1 || event.seq > upTo) break;
          frames.push(publisher.encode(topic, event));
          at = event.seq;
        }
        if (frames.length === 0) return 'stale';
      }
      return frames;
    } catch {
      return 'stale';
    }
  }
}

/** Undefined where a frame is not there in the socket's format. */
function inFormat(session: Session, frames: readonly Frames[] | undefined): Frame[] | undefined {
  if (frames === undefined) return undefined;
  const chosen: Frame[] = [];
  for (const { json, proto } of frames) {
    const frame = session.format.name === 'json' ? json : proto;
    if (frame === undefined) return undefined;
    chosen.push(frame);
  }
  return chosen;
}
