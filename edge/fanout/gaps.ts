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
    if (topic.filling || topic.state !== 'live') return;
    topic.filling = true;
    void withDeadline(this.#options.signal, gapMsMax, (deadline) => this.#fillUntil(topic, deadline)).finally(() => {
      topic.filling = false;
    });
  }

  async #fillUntil(topic: Topic, deadline: AbortSignal): Promise<void> {
    const { counters, log, signal, onStale } = this.#options;
    const from = topic.head;
    while (isOpen(topic)) {
      const outcome = await this.#ask(topic, deadline);
      if (outcome === 'again' && !deadline.aborted) continue;
      if (signal.aborted || topic.state !== 'live') return;
      if (topic.wanted <= topic.head) break;
      counters.gapsStale++;
      log.warn({ topic: topic.name, detail: { from, wanted: topic.wanted, outcome } }, 'a gap could not be filled');
      onStale(topic);
      return;
    }
    counters.gapsFilled++;
  }

  async #ask(topic: Topic, deadline: AbortSignal): Promise<'again' | 'gone' | 'late'> {
    const { hub, reader } = this.#options;
    try {
      const page = await reader.entries(topic.name, topic.head, entriesPageMax, deadline);
      if (page.gone) return 'gone';
      const before = topic.head;
      for (const event of page.events) hub.take(event);
      // Nobody has more: a number that was told and is not in the log was never committed.
      if (page.head <= topic.head) topic.wanted = topic.head;
      else if (topic.head === before) await delay(retryMsMin * (1 + Math.random()), undefined, { signal: deadline });
      return 'again';
    } catch {
      if (deadline.aborted) return 'late';
      await delay(retryMsMin * (1 + Math.random()), undefined, { signal: deadline }).catch(() => {});
      return deadline.aborted ? 'late' : 'again';
    }
  }
}

function isOpen(topic: Topic): boolean {
  return topic.state === 'live' && topic.wanted > topic.head;
}
