// Fills gaps: one question at a time for each topic, whoever noticed the gap. What can't be had in time is stale.

import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from '../../mesh/telemetry/log.ts';
import type { EdgeCounters } from '../counters.ts';
import { withDeadline } from '../deadline.ts';
import { entriesPageMax, gapMsMax, retryMsMin } from '../limits.ts';
import type { Hub } from './hub.ts';
import type { Topic } from './topic.ts';
import type { TopicReader } from './topic-reader.ts';

export type GapsOptions = {
  readonly hub: Hub;
  readonly reader: TopicReader;
  readonly log: Logger;
  readonly counters: EdgeCounters;
  readonly signal: AbortSignal;
  readonly onStale: (topic: Topic) => void;
};

export class Gaps {
  readonly #options: GapsOptions;

  constructor(options: GapsOptions) {
    this.#options = options;
  }

  /** Asks for what is missing up to `topic.wanted`, unless that is being done. */
  fill(topic: Topic): void {
    if (!topic.filling && isOpen(topic)) void this.#fill(topic);
  }

  async #fill(topic: Topic): Promise<void> {
    const { counters, log, signal, onStale } = this.#options;
    const from = topic.head;
    topic.filling = true;
    try {
      await withDeadline(signal, gapMsMax, (deadline) => this.#askUntilFilled(topic, deadline));
    } catch {
      // The time is over: what is still missing makes the topic stale.
    }
    topic.filling = false;
    if (signal.aborted || topic.state !== 'live') return;
    if (!isOpen(topic)) {
      counters.gapsFilled++;
      return;
    }
    counters.gapsStale++;
    log.warn({ topic: topic.name, detail: { from, wanted: topic.wanted } }, 'a gap could not be filled');
    onStale(topic);
  }

  /** Returns when nothing is missing, or when the log does not reach back that far. */
  async #askUntilFilled(topic: Topic, deadline: AbortSignal): Promise<void> {
    const { hub, reader } = this.#options;
    while (isOpen(topic) && !deadline.aborted) {
      const before = topic.head;
      try {
        const page = await reader.entries(topic.name, topic.head, entriesPageMax, deadline);
        if (page.gone) return;
        for (const event of page.events) hub.take(event);
        // Nobody has more: a number that was told and is not in the log was never committed.
        if (page.head <= topic.head) topic.wanted = topic.head;
      } catch {
        // Asked again below.
      }
      if (topic.head === before) await delay(retryMsMin * (1 + Math.random()), undefined, { signal: deadline });
    }
  }
}

function isOpen(topic: Topic): boolean {
  return topic.state === 'live' && topic.wanted > topic.head;
}
