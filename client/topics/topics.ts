// Where this client is in every topic, and how it gets to where it should be: resume, then sync, then "list again".
// Promise: per topic, events leave in the order of their numbers, each exactly once, over any number of sockets.

import type { Clock } from '../clock.ts';
import { retryDelayMs } from '../connection/back-off.ts';
import type { EventFrame, Positions } from '../socket/frames.ts';
import { syncEntries } from './sync-entries.ts';
import { TopicOrder } from './topic-order.ts';

/** Topics that a client remembers positions of: the edge gives a socket fewer. */
const topicsMax = 20_000;
/** Topics in one call of the sync RPC. */
const syncPage = 100;
/** Times that a log is asked for an event that it should have. */
const gapAttemptsMax = 5;
const gapMsMin = 100;
/** Pages that bring nothing new in a row, before the socket is given up as one that can't answer. */
const emptyPagesMax = 3;

/** Prefixes of the topics that the sync RPC knows. */
const syncedPrefixes: ReadonlySet<string> = new Set(['c', 'u']);

export type TopicsOptions = {
  readonly clock: Clock;
  call(event: string, data: unknown): Promise<unknown>;
  resumeTopicsMax(): number;
  /** A topic is followed from here on: what was read of it before this number may lack what lies between. */
  began(topic: string, position: number): void;
  deliver(event: string, data: unknown, topic: string, seq: number): void;
  /** The log does not reach back to where this client was: what was built from it is to be read again. */
  gone(topic: string): void;
  /** The socket can't be trusted to bring what is missing: start over with another. */
  failed(): void;
};

type ResumeAnswer = { topics?: Readonly<Record<string, 'replayed' | 'stale'>>; remaining?: readonly string[] };

export class Topics {
  readonly #options: TopicsOptions;
  readonly #orders = new Map<string, TopicOrder>();
  /** Topics whose missing events are being asked for. */
  readonly #catchingUp = new Set<string>();
  /** Positions as the socket told them, of topics that were behind. */
  readonly #told = new Map<string, number>();
  /** Raised with the loss of every socket: answers to the questions of an older one are not listened to. */
  #socket = 0;

  constructor(options: TopicsOptions) {
    this.#options = options;
  }

  has(topic: string): boolean {
    return this.#orders.has(topic);
  }

  position(topic: string): number | undefined {
    return this.#orders.get(topic)?.position;
  }

  /** The socket is gone. */
  lost(): void {
    this.#socket += 1;
    this.#catchingUp.clear();
    this.#told.clear();
  }

  /** The socket sends events from exactly these positions on. Resolves once nothing below them is missing. */
  async follow(positions: Positions): Promise<void> {
    const behind: string[] = [];
    const ahead: string[] = [];
    for (const [topic, seq] of Object.entries(positions)) {
      const order = this.#orders.get(topic);
      if (order === undefined) this.#remember(topic, seq);
      else if (order.position < seq) behind.push(topic);
      else if (order.position > seq) ahead.push(topic);
    }
    for (const topic of behind) this.#told.set(topic, positions[topic] ?? 0);
    if (behind.length > 0) await this.#resume(behind);
    // This edge lags behind another, or the log was restored from a backup and is shorter: the log knows.
    const unsure = ahead.filter((topic) => syncedPrefixes.has(prefixOf(topic)));
    for (let from = 0; from < unsure.length; from += syncPage) await this.#sync(unsure.slice(from, from + syncPage));
  }

  /** The topic's next start is wherever the server says then. */
  forget(topic: string): void {
    this.#orders.delete(topic);
    this.#catchingUp.delete(topic);
  }

  /** An event of the socket. */
  event({ event, data, topic, seq }: EventFrame): void {
    const order = this.#orders.get(topic);
    const ordered = seq > 0 && order !== undefined;
    const next = ordered ? order.offer({ seq, event, data }) : [{ seq, event, data }];
    for (const each of next) this.#options.deliver(each.event, each.data, topic, each.seq);
    if (ordered && order.gap && !this.#catchingUp.has(topic)) this.#fillGap(topic);
  }

  #remember(topic: string, position: number): void {
    const oldest = this.#orders.size >= topicsMax ? this.#orders.keys().next().value : undefined;
    if (oldest !== undefined) this.forget(oldest);
    this.#orders.set(topic, new TopicOrder(position));
    this.#options.began(topic, position);
  }

  /** An event is missing. A log that does not have it yet is asked again, ever more slowly, then not at all. */
  #fillGap(topic: string, attempt = 0): void {
    const socket = this.#socket;
    const giveUp = (): void => {
      if (socket === this.#socket) this.#options.failed();
    };
    this.#catchingUp.add(topic);
    const fill = async (): Promise<void> => {
      if (socket !== this.#socket) return;
      await this.#sync([topic], attempt + 1);
    };
    if (attempt === 0) fill().catch(giveUp);
    else if (attempt > gapAttemptsMax) giveUp();
    else this.#options.clock.after(retryDelayMs(attempt, gapMsMin, this.#options.clock), () => fill().catch(giveUp));
  }

  async #resume(behind: readonly string[]): Promise<void> {
    const socket = this.#socket;
    for (const topic of behind) this.#catchingUp.add(topic);
    const stale: string[] = [];
    let waiting = [...behind];
    let empty = 0;
    while (waiting.length > 0 && socket === this.#socket) {
      const page = waiting.slice(0, this.#options.resumeTopicsMax());
      const positions = Object.fromEntries(page.map((topic) => [topic, this.position(topic) ?? 0]));
      const answer = (await this.#options.call('session.resume', { positions })) as ResumeAnswer;
      if (socket !== this.#socket) return;
      const remaining = new Set(answer.remaining ?? []);
      // Not only what the answer says counts, but what came.
      const caughtUp = (topic: string): boolean =>
        answer.topics?.[topic] === 'replayed' && (this.position(topic) ?? 0) >= (this.#told.get(topic) ?? 0);
      for (const topic of page.filter((each) => !remaining.has(each))) {
        if (caughtUp(topic)) this.#caughtUp(topic, socket);
        else stale.push(topic);
      }
      const moved = page.some((topic) => this.position(topic) !== positions[topic]);
      empty = moved || remaining.size < page.length ? 0 : empty + 1;
      if (empty >= emptyPagesMax) throw new Error('session.resume answers for no topic');
      waiting = [...waiting.slice(page.length), ...page.filter((topic) => remaining.has(topic))];
    }
    for (let from = 0; from < stale.length; from += syncPage) await this.#sync(stale.slice(from, from + syncPage));
  }

  /** Brings the topics up to their heads, page by page. */
  async #sync(topics: readonly string[], gapAttempt = 0): Promise<void> {
    const socket = this.#socket;
    for (const topic of topics) this.#catchingUp.add(topic);
    const waiting = new Set(topics);
    const settle = (topic: string): void => {
      if (waiting.delete(topic)) this.#caughtUp(topic, socket, gapAttempt);
    };
    for (const topic of topics) if (!this.#canSync(topic)) settle(topic);
    let empty = 0;
    while (waiting.size > 0 && socket === this.#socket) {
      const positions = [...waiting].map((topic) => ({ topic, seq: this.position(topic) ?? 0 }));
      const page = await syncEntries(this.#options.call, positions);
      if (socket !== this.#socket) return;
      let moved = 0;
      for (const { topic, entries, head, gone, denied } of page.topics) {
        if (denied) this.forget(topic);
        else if (gone) this.#jump(topic, head, positions.find((asked) => asked.topic === topic)?.seq);
        for (const entry of entries) this.event({ topic, ...entry });
        moved += entries.length + (gone || denied ? 1 : 0);
        if (denied || gone || (this.position(topic) ?? head) >= head) {
          settle(topic);
          moved += 1;
        }
      }
      // Without `more`, what is not in the page has nothing to say.
      if (!page.more) for (const topic of [...waiting]) settle(topic);
      empty = moved === 0 ? empty + 1 : 0;
      if (empty >= emptyPagesMax) throw new Error('sync brings nothing');
    }
  }

  /** A topic without a sync RPC can only be read again. */
  #canSync(topic: string): boolean {
    if (syncedPrefixes.has(prefixOf(topic))) return true;
    this.#jump(topic, this.#orders.get(topic)?.lowestHeld ?? this.#told.get(topic) ?? 0);
    return false;
  }

  /** `asked`: the position that is gone. One above the head was that of a log which is no more. */
  #jump(topic: string, head: number, asked = 0): void {
    if (asked > head) this.#orders.set(topic, new TopicOrder(head));
    const order = this.#orders.get(topic);
    // Told first: whatever is delivered behind the gap belongs to what is read again.
    this.#options.gone(topic);
    for (const next of order?.jump(head) ?? []) this.#options.deliver(next.event, next.data, topic, next.seq);
  }

  #caughtUp(topic: string, socket: number, gapAttempt = 0): void {
    if (socket !== this.#socket || !this.#catchingUp.delete(topic)) return;
    if (this.#orders.get(topic)?.gap) this.#fillGap(topic, gapAttempt);
  }
}

function prefixOf(topic: string): string {
  return topic.slice(0, topic.indexOf(':'));
}
