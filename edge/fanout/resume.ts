// What a socket missed while it was away, up to exactly the position that it was told: from the topic's ring, else from
// the log when it is near; else the topic is stale and the app calls the sync RPC under its own rights.

import { ResumeAnswer, type ResumeResponse } from '../../gen/circuit/socket/v1/socket_service.ts';
import type { EdgeCounters } from '../counters.ts';
import { withDeadline } from '../deadline.ts';
import { resumeBytesMax, resumeEntriesMax, topicCallMs } from '../limits.ts';
import type { Format, Frame } from '../socket/format.ts';
import type { Session } from '../socket/session.ts';
import type { Hub } from './hub.ts';
import type { Publisher } from './publisher.ts';
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
  readonly #reading = new Map<string, Promise<Missed>>();

  constructor(options: ResumeOptions) {
    this.#options = options;
  }

  /** Sends what was missed on each topic, in order, then returns what became of each. */
  async replay(session: Session, positions: ReadonlyMap<string, number>): Promise<ResumeResponse> {
    const topics = new Map<string, ResumeAnswer>();
    const remaining: string[] = [];
    let room = resumeBytesMax;
    for (const [name, position] of positions) {
      const missed =
        room > 0 ? (this.#kept(session, name, position) ?? (await this.#read(session, name, position))) : [];
      const size = missed === 'stale' ? 0 : missed.reduce((sum, frame) => sum + frame.length, 0);
      const isFirst = room === resumeBytesMax;
      if (room <= 0 || (size > room && !isFirst)) {
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

  /** What is known at once; undefined where the log must be read. The frames must be sent in this turn. */
  #kept(session: Session, name: string, position: number): Missed | undefined {
    const { hub, counters, publisher } = this.#options;
    const topic = hub.find(name);
    const upTo = topic && session.follows.position(topic);
    const since = topic && session.follows.since(topic);
    if (topic === undefined || upTo === undefined || since === undefined) return 'stale';
    // A position that the log never had is of another log, such as one from before a restore.
    if (topic.sequenced && position > Math.max(upTo, topic.head ?? 0)) return 'stale';
    if (!topic.sequenced || position === upTo) return [];
    if (position < since) return 'stale';
    const kept = topic.ring?.between(position, upTo, session.format.name, publisher.arena);
    if (kept !== undefined) counters.resumedFromRing++;
    else if (upTo - position > resumeEntriesMax) return 'stale';
    return kept;
  }

  async #read(session: Session, name: string, position: number): Promise<Missed> {
    const { hub, counters, signal } = this.#options;
    const topic = hub.find(name);
    const upTo = topic && session.follows.position(topic);
    if (topic === undefined || upTo === undefined) return 'stale';
    const { format } = session;
    const key = `${format.name} ${name} ${position} ${upTo}`;
    let reading = this.#reading.get(key);
    if (reading === undefined) {
      const page = withDeadline(signal, topicCallMs, (deadline) =>
        this.#readLog(topic, position, upTo, format, deadline),
      );
      reading = page.catch((): Missed => 'stale').finally(() => this.#reading.delete(key));
      this.#reading.set(key, reading);
    }
    const read = await reading;
    // The right may have ended while the log was read.
    if (read === 'stale' || !session.follows.has(topic)) return 'stale';
    counters.resumedFromLog++;
    return read;
  }

  async #readLog(topic: Topic, position: number, upTo: number, format: Format, deadline: AbortSignal): Promise<Missed> {
    const { reader, publisher } = this.#options;
    const frames: Frame[] = [];
    for (let at = position; at < upTo; ) {
      const page = await reader.entries(topic.name, at, upTo - at, deadline);
      const before = at;
      for (const event of page.events) {
        if (event.seq !== at + 1 || event.seq > upTo) break;
        frames.push(publisher.encode(format, event));
        at = event.seq;
      }
      if (page.gone || at === before) return 'stale';
    }
    return frames;
  }
}
