// The topics of this edge: opens and lets go of them, takes every event once and in order, and sends it to the sockets.
// Promises: n+1 of a topic never leaves before n was applied, with what n says of rights; nothing is sent twice.

import type { TopicEvent } from '../../gen/circuit/link/v1/topic_service.ts';
import type { Subscriptions } from '../../mesh/bus/bus.ts';
import { refuse } from '../../mesh/errors/refuse.ts';
import type { Api } from '../../mesh/schema/api.ts';
import type { EdgeCounters } from '../counters.ts';
import { headCheckMs, heldEventsMax, lingerMs } from '../limits.ts';
import type { Session } from '../socket/session.ts';
import type { Publisher } from './publisher.ts';
import type { Revocations } from './revocations.ts';
import { prefixOf, Topic } from './topic.ts';
import type { TopicReader } from './topic-reader.ts';

export type HubOptions = {
  readonly api: Api;
  readonly subscriptions: Subscriptions;
  readonly reader: TopicReader;
  readonly publisher: Publisher;
  readonly revocations: Revocations;
  readonly counters: EdgeCounters;
  /** Milliseconds since 1970. */
  readonly clock: () => number;
  readonly signal: AbortSignal;
};

/** What others do when a topic needs more than order. */
export type HubListeners = {
  /** A number above the head is known, and those between are missing. */
  readonly onGap: (topic: Topic) => void;
  /** Called before the event is sent: whoever lost the topic must not get it. */
  readonly onRights: (topic: Topic, event: TopicEvent) => void;
};

const secondsPerRound = headCheckMs / 1_000;

export class Hub {
  readonly #options: HubOptions;
  readonly #topics = new Map<string, Topic>();
  /** Topics that nobody follows, until they are let go of. */
  readonly #idle = new Set<Topic>();
  #listeners: HubListeners = { onGap: () => {}, onRights: () => {} };
  #round = 0;
  #moment = 0;

  constructor(options: HubOptions) {
    this.#options = options;
    options.subscriptions.onEvent((event) => this.take(event));
  }

  listen(listeners: HubListeners): void {
    this.#listeners = listeners;
  }

  get size(): number {
    return this.#topics.size - this.#idle.size;
  }

  /** Rises with every call: what has a lower moment was before. A clock would not tell within a millisecond. */
  moment(): number {
    return ++this.#moment;
  }

  find(name: string): Topic | undefined {
    return this.#topics.get(name);
  }

  /** The topic, kept until `unpin`; being opened if it was not. */
  pin(name: string): Topic {
    let topic = this.#topics.get(name);
    if (topic === undefined) {
      topic = new Topic(name, this.#options.api.topics.get(prefixOf(name))?.sequenced ?? false);
      this.#topics.set(name, topic);
      topic.opened = this.#open(topic);
      // Whoever waits for it gets the error; nobody may be waiting any more.
      topic.opened.catch(() => {});
    }
    topic.pins++;
    this.#idle.delete(topic);
    return topic;
  }

  unpin(topic: Topic): void {
    topic.pins--;
    this.#rest(topic);
  }

  /** From now on the socket gets what comes; returns the position from which. */
  attach(session: Session, topic: Topic, since: number): number {
    if (!topic.isOwn) session.ws?.subscribe(session.format.mark + topic.name);
    if (session.format.name === 'json') {
      topic.jsonFollowers++;
      topic.speaksJson = true;
    } else {
      topic.protoFollowers++;
      topic.speaksProto = true;
    }
    this.#idle.delete(topic);
    session.follows.add(topic, since, topic.head);
    return topic.head;
  }

  /** The same for all topics of a socket that follows none yet. */
  attachAll(session: Session, rows: readonly { readonly topic: Topic; readonly since: number }[]): void {
    for (const { topic, since } of rows) this.attach(session, topic, since);
    session.follows.fit();
  }

  /** Returns false where the socket did not follow it. */
  detach(session: Session, topic: Topic): boolean {
    if (!session.follows.remove(topic)) return false;
    if (!topic.isOwn) session.ws?.unsubscribe(session.format.mark + topic.name);
    this.#left(session, topic);
    return true;
  }

  /** The socket is closed; uWebSockets has ended its subscriptions. */
  detachAll(session: Session): void {
    const topics = session.follows.topics();
    session.follows.clear();
    for (const topic of topics) this.#left(session, topic);
  }

  /** An event from the bus, or from a page that fills a gap. */
  take(event: TopicEvent): void {
    const topic = this.#topics.get(event.topic);
    if (topic === undefined) return;
    if (event.seq === 0 || !topic.sequenced) this.#takeUnnumbered(topic, event);
    else if (event.seq <= topic.head) this.#options.counters.repeated++;
    else if (topic.state === 'live' && event.seq === topic.head + 1) {
      this.#apply(topic, event);
      if (topic.held !== undefined) this.#applyHeld(topic, topic.held);
    } else this.#hold(topic, event);
  }

  /** It is known that the topic has come this far: what is missing will be asked for. */
  want(topic: Topic, seq: number): void {
    if (seq > topic.wanted) topic.wanted = seq;
    if (topic.state === 'live' && topic.wanted > topic.head) this.#listeners.onGap(topic);
  }

  /** Resolves in the turn in which the topic has come this far, or later. */
  async reach(topic: Topic, seq: number, signal: AbortSignal): Promise<void> {
    while (topic.sequenced && (topic.head < seq || topic.state !== 'live')) {
      this.want(topic, seq);
      await new Promise<void>((resolve, reject) => {
        const give = (): void => reject(refuse('UNAVAILABLE'));
        signal.addEventListener('abort', give, { once: true });
        topic.waiting ??= [];
        topic.waiting.push(() => {
          signal.removeEventListener('abort', give);
          resolve();
        });
        if (signal.aborted) give();
      });
    }
  }

  /** Sets the contiguous head of a topic that was opening or stale, and delivers what was held above it. */
  goLive(topic: Topic, head: number): void {
    topic.head = head;
    topic.state = 'live';
    topic.liveSince = this.moment();
    wake(topic);
    if (topic.held === undefined) return;
    for (const seq of topic.held.keys()) if (seq <= head) topic.held.delete(seq);
    this.#applyHeld(topic, topic.held);
    if (topic.held !== undefined) this.want(topic, Math.max(...topic.held.keys()));
  }

  goStale(topic: Topic): void {
    topic.state = 'stale';
    topic.wanted = 0;
    topic.ring = undefined;
  }

  /** Once a second. Lets go of idle topics; returns those whose turn to be checked it is. */
  tick(): Topic[] {
    const { clock, revocations } = this.#options;
    const now = clock();
    revocations.expire(now);
    for (const topic of this.#idle) if (topic.idleSinceMs <= now - lingerMs) this.#close(topic);
    this.#round = (this.#round + 1) % secondsPerRound;
    const due: Topic[] = [];
    for (const topic of this.#topics.values()) {
      if (topic.slot % secondsPerRound !== this.#round) continue;
      topic.ring?.expire(now);
      if (topic.ring?.isEmpty) topic.ring = undefined;
      if (topic.sequenced && topic.state === 'live') due.push(topic);
    }
    return due;
  }

  async #open(topic: Topic): Promise<void> {
    const { subscriptions, reader, signal } = this.#options;
    try {
      await subscriptions.subscribe(topic.name, signal);
      const head = topic.sequenced ? await reader.head(topic.name) : 0;
      topic.opened = undefined;
      if (topic.state === 'opening') this.goLive(topic, head);
    } catch (error) {
      this.#close(topic);
      throw error;
    }
  }

  #close(topic: Topic): void {
    topic.state = 'closed';
    this.#idle.delete(topic);
    topic.ring = undefined;
    // It may have been opened anew under its name.
    if (this.#topics.get(topic.name) !== topic) return;
    this.#topics.delete(topic.name);
    this.#options.subscriptions.unsubscribe(topic.name);
  }

  #left(session: Session, topic: Topic): void {
    if (session.format.name === 'json') topic.jsonFollowers--;
    else topic.protoFollowers--;
    this.#rest(topic);
  }

  #rest(topic: Topic): void {
    if (topic.followers > 0 || topic.pins > 0 || topic.state === 'closed') return;
    // Nobody was let in: there is nothing to come back to.
    if (!topic.speaksJson && !topic.speaksProto) {
      this.#close(topic);
      return;
    }
    topic.idleSinceMs = this.#options.clock();
    this.#idle.add(topic);
  }

  /** Typing and the like: shown only by an edge that is not behind it. */
  #takeUnnumbered(topic: Topic, event: TopicEvent): void {
    if (topic.state !== 'live' || (topic.sequenced && event.after > topic.head)) return;
    if (topic.followers > 0) this.#options.publisher.publish(topic, event);
  }

  #hold(topic: Topic, event: TopicEvent): void {
    topic.held ??= new Map();
    // What does not fit is asked for again when its turn comes.
    if (topic.held.size < heldEventsMax) topic.held.set(event.seq, copyOf(event));
    if (topic.state === 'live') this.want(topic, event.seq);
  }

  #applyHeld(topic: Topic, held: Map<number, TopicEvent>): void {
    for (let event = held.get(topic.head + 1); event !== undefined; event = held.get(topic.head + 1)) {
      held.delete(event.seq);
      this.#apply(topic, event);
    }
    if (held.size === 0) topic.held = undefined;
  }

  #apply(topic: Topic, event: TopicEvent): void {
    topic.head = event.seq;
    if (event.revokedUsers.length > 0 || event.revokedTopics.length > 0 || event.grantedTopics.length > 0) {
      this.#listeners.onRights(topic, event);
    }
    for (const seq of event.blanked) topic.ring?.blank(seq);
    this.#options.publisher.publish(topic, event);
    wake(topic);
  }
}

function wake(topic: Topic): void {
  if (topic.waiting === undefined) return;
  const waiting = topic.waiting;
  topic.waiting = undefined;
  for (const go of waiting) go();
}

/** Bytes of an event may be a view of a batch that is gone when the event is sent. */
function copyOf(event: TopicEvent): TopicEvent {
  return { ...event, data: event.data.slice() };
}
