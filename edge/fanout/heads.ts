// Compares topics with their heads, so that the last event of a quiet topic cannot stay unseen. What a check finds is
// counted: in health that is nothing, since every event comes by the bus.

import type { Logger } from '../../mesh/telemetry/log.ts';
import type { EdgeCounters } from '../counters.ts';
import { headGraceMs } from '../limits.ts';
import type { Hub } from './hub.ts';
import type { Topic } from './topic.ts';
import type { TopicReader } from './topic-reader.ts';

export type HeadsOptions = {
  readonly hub: Hub;
  readonly reader: TopicReader;
  readonly log: Logger;
  readonly counters: EdgeCounters;
  /** Milliseconds since 1970. */
  readonly clock: () => number;
};

type Suspect = { readonly seq: number; readonly atMs: number };

export class Heads {
  readonly #options: HeadsOptions;
  /** Topics whose head was ahead: the event may be on its way, so they are looked at once more. */
  readonly #suspects = new Map<Topic, Suspect>();

  constructor(options: HeadsOptions) {
    this.#options = options;
  }

  /** Asks for the heads of topics whose events may have been missed; what is missing is asked for at once. */
  checkNow(topics: Iterable<Topic>): Promise<void> {
    return this.#check(topics, 0);
  }

  /** The regular check: an event that is on its way is given time to come. */
  check(topics: Iterable<Topic>): Promise<void> {
    return this.#check(topics, headGraceMs);
  }

  /** Once a second. */
  tick(): void {
    const { clock } = this.#options;
    for (const [topic, { seq, atMs }] of this.#suspects) {
      if (atMs + headGraceMs > clock()) continue;
      this.#suspects.delete(topic);
      this.#found(topic, seq);
    }
  }

  async #check(topics: Iterable<Topic>, graceMs: number): Promise<void> {
    const { reader, counters, log, clock } = this.#options;
    const asked: Promise<void>[] = [];
    for (const topic of topics) {
      if (!topic.sequenced || topic.state !== 'live') continue;
      counters.headChecks++;
      const answered = reader.head(topic.name).then((seq) => {
        if (seq <= topic.head) return;
        if (graceMs === 0) this.#found(topic, seq);
        else this.#suspects.set(topic, { seq, atMs: clock() });
      });
      asked.push(answered);
    }
    const failed = (await Promise.allSettled(asked)).find((outcome) => outcome.status === 'rejected');
    if (failed !== undefined) log.warn({ err: failed.reason }, 'heads could not be compared; the next round does');
  }

  #found(topic: Topic, seq: number): void {
    if (topic.state !== 'live' || seq <= topic.head) return;
    this.#options.counters.headBehind++;
    this.#options.hub.want(topic, seq);
  }
}
