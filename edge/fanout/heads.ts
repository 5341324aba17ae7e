// Compares topics with their heads, so that the last event of a quiet topic cannot stay unseen. What a check finds is
// counted: in health that is nothing, since every event comes by the bus.

import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from '../../mesh/telemetry/log.ts';
import type { EdgeCounters } from '../counters.ts';
import { headGraceMs, headPageSpreadMs, headSpreadMsMax, headsPageMax } from '../limits.ts';
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
  readonly signal: AbortSignal;
  /** Waits; as long as it says, if not given. */
  readonly pause?: (ms: number) => Promise<void>;
};

/** Topics that one log line names, of however many it counts. */
const namedMax = 3;

type Suspect = { readonly seq: number; readonly atMs: number };

export class Heads {
  readonly #options: HeadsOptions;
  /** Topics whose head was ahead: the event may be on its way, so they are looked at once more. */
  readonly #suspects = new Map<Topic, Suspect>();
  /** Topics of pages that are not asked for yet. */
  readonly #waiting = new Set<Topic>();

  constructor(options: HeadsOptions) {
    this.#options = options;
  }

  /**
   * Asks for the heads of topics whose events may have been missed; what is missing is asked for at once. A page at a
   * time, each after a pause of its own: a switch of the bus comes to all topics of all edges in the same instant.
   */
  async checkNow(topics: Iterable<Topic>): Promise<void> {
    const fresh: Topic[] = [];
    for (const topic of topics) {
      // It is asked for later than now anyway.
      if (this.#waiting.has(topic)) continue;
      this.#waiting.add(topic);
      fresh.push(topic);
    }
    const pages = Math.ceil(fresh.length / headsPageMax);
    const spreadMs = Math.min(pages * headPageSpreadMs, headSpreadMsMax);
    const checks: Promise<void>[] = [];
    for (let at = 0; at < fresh.length; at += headsPageMax) {
      checks.push(this.#checkAfter(Math.random() * spreadMs, fresh.slice(at, at + headsPageMax)));
    }
    await Promise.all(checks);
  }

  /** The regular check: an event that is on its way is given time to come. */
  check(topics: Iterable<Topic>): Promise<void> {
    return this.#check(topics, headGraceMs);
  }

  /** Once a second. */
  tick(): void {
    const { clock, log } = this.#options;
    const missed: string[] = [];
    for (const [topic, { seq, atMs }] of this.#suspects) {
      if (atMs + headGraceMs > clock()) continue;
      this.#suspects.delete(topic);
      if (seq > topic.head) missed.push(topic.name);
      this.#found(topic, seq);
    }
    if (missed.length === 0) return;
    const detail = missed.slice(0, namedMax);
    log.info({ count: missed.length, detail }, 'an event did not come by the bus and is asked for');
  }

  async #checkAfter(pauseMs: number, page: readonly Topic[]): Promise<void> {
    const { signal, pause = (ms: number) => delay(ms, undefined, { signal }) } = this.#options;
    try {
      await pause(pauseMs);
    } catch {
      return;
    }
    for (const topic of page) this.#waiting.delete(topic);
    await this.#check(page, 0);
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
