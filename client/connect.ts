// The SDK: `connect()` opens one connection to the mesh, keeps it, and catches up by itself after every loss.
// It runs in browsers, Node and Deno, imports nothing but the types of the API, and promises: every event of a
// conversation once and in order, every message sent once and in order, whatever happens to the line.

import type { Calls, Events } from '../gen/json/api.ts';
import { isTransient } from './call-error.ts';
import { Conversations } from './chat/conversations.ts';
import type { OutboxStore } from './chat/outbox-store.ts';
import { type Clock, systemClock } from './clock.ts';
import type { CallOptions } from './connection/calls.ts';
import { Connection, type ConnectionState } from './connection/connection.ts';
import { Listeners } from './listeners.ts';
import { isRepeatable } from './repeatable.ts';
import type { EventFrame, Positions } from './socket/frames.ts';
import type { WebSocketClass } from './socket/web-socket.ts';
import { Topics } from './topics/topics.ts';

export { webStorageOutbox } from './chat/outbox-store.ts';

export type ConnectOptions = {
  /** Where the edge answers, such as `https://mesh.example.com`. */
  readonly url: string;
  /** A token that is valid now; asked for at every connection, and again before it ends. */
  readonly token: () => Promise<string>;
  /** The class to use where there is no global one (Node 20: `WebSocket` of the npm package `ws`). */
  readonly WebSocket?: WebSocketClass;
  /** Where messages wait that could not be sent yet; without it they live as long as the client. */
  readonly outbox?: OutboxStore;
  readonly clock?: Clock;
  readonly fetch?: typeof fetch;
};

/** Where an event came from. */
export type EventPlace = {
  /** Such as `c:000000000042`. */
  readonly topic: string;
  /** Its number there; 0: it has none. */
  readonly seq: number;
};

type EventName = keyof Events;
type CallName = keyof Calls;

/** Topics that the app follows itself, beside those it is given. */
const joinedMax = 1_000;
/** A page of what was missed may take longer than a call of the app. */
const catchUpMsMax = 30_000;

export class Client {
  /** The user's conversations, kept up to date. */
  readonly conversations: Conversations;
  readonly #connection: Connection;
  readonly #topics: Topics;
  readonly #events = new Map<string, Listeners<[unknown, EventPlace]>>();
  readonly #gone = new Listeners<[string]>();
  readonly #joined = new Set<string>();
  /** What this socket still misses. */
  readonly #catchUps = new Set<Promise<void>>();
  #socketEnd = new AbortController();
  #userKey = '';

  constructor(options: ConnectOptions) {
    const clock = options.clock ?? systemClock;
    const global = globalThis as { WebSocket?: WebSocketClass };
    const WebSocket = options.WebSocket ?? global.WebSocket;
    if (WebSocket === undefined)
      throw new TypeError('There is no global WebSocket: hand one in, such as that of `ws`.');
    this.#topics = new Topics({
      clock,
      call: (event, data) =>
        this.#connection.call(event, data, { repeat: true, timeoutMs: catchUpMsMax, signal: this.#socketEnd.signal }),
      resumeTopicsMax: () => this.#connection.resumeTopicsMax,
      began: (topic, position) => this.conversations.began(topic, position),
      deliver: (event, data, topic, seq) => this.#deliver(event, data, topic, seq),
      gone: (topic) => {
        this.conversations.gone(topic);
        this.#gone.tell(topic);
      },
      failed: () => this.#connection.restart(),
    });
    this.conversations = new Conversations({ client: this, clock, outbox: options.outbox });
    this.#connection = new Connection({
      url: options.url,
      token: options.token,
      WebSocket,
      fetch: options.fetch ?? ((input, init) => fetch(input, init)),
      clock,
      onReady: (topics) => this.#ready(topics),
      onEvent: (frame) => this.#heard(frame),
      onLost: () => this.#lost(),
    });
  }

  get state(): ConnectionState {
    return this.#connection.state;
  }

  /** Whose session it is; empty before the first one is open. */
  get userKey(): string {
    return this.#userKey;
  }

  /** Tells that `state` changed. Returns the function that ends the subscription. */
  subscribe(listener: () => void): () => void {
    return this.#connection.subscribe(listener);
  }

  /**
   * One call of the API. Waits for the connection; repeated by itself where that is safe. Rejects with a CallError:
   * the server's reason, or TIMED_OUT, CONNECTION_LOST, ABORTED_BY_APP, TOO_MANY_WAITING, CLIENT_CLOSED.
   */
  async call<Name extends CallName>(
    event: Name,
    request: Calls[Name]['request'],
    options: CallOptions = {},
  ): Promise<Calls[Name]['response']> {
    const repeat = options.repeat ?? isRepeatable(event, request);
    return (await this.#connection.call(event, request, { ...options, repeat })) as Calls[Name]['response'];
  }

  /** Each event of this name, once and in the order of its topic. Returns the function that ends it. */
  on<Name extends EventName>(event: Name, listener: (event: Events[Name], place: EventPlace) => void): () => void {
    let listeners = this.#events.get(event);
    if (listeners === undefined) {
      listeners = new Listeners();
      this.#events.set(event, listeners);
    }
    return listeners.add(listener as (event: unknown, place: EventPlace) => void);
  }

  /** Events of this topic were missed for good: read again what was built from them. */
  onGone(listener: (topic: string) => void): () => void {
    return this.#gone.add(listener);
  }

  /** Whether calls reach the server now. */
  get attached(): boolean {
    return this.#connection.attached;
  }

  follows(topic: string): boolean {
    return this.#topics.has(topic);
  }

  /** Follows a topic that is not followed from the start (conversations above 256 members), also over reconnects. */
  async join(topic: string): Promise<void> {
    if (this.#joined.size >= joinedMax) throw new RangeError(`At most ${joinedMax} topics are joined at a time.`);
    this.#joined.add(topic);
    try {
      await this.#join(topic, {});
    } catch (error) {
      if (!isTransient(error)) this.#joined.delete(topic);
      throw error;
    }
  }

  /** Ends what `join` began; nothing for other topics. */
  async leave(topic: string): Promise<void> {
    if (!this.#joined.delete(topic)) return;
    this.#topics.forget(topic);
    await this.#connection.call('topic.leave', { topic }, {});
  }

  /** Tries now, without waiting for the next attempt's time. */
  reconnectNow(): void {
    this.#connection.reconnectNow();
  }

  /** Ends it for good. Messages that were not sent stay in the outbox's store. */
  close(): void {
    this.conversations.close();
    this.#connection.close();
    this.#events.clear();
    this.#gone.clear();
  }

  async #ready(positions: Positions): Promise<void> {
    this.conversations.attached();
    const own = Object.keys(positions).find((topic) => topic.startsWith('u:'));
    if (own !== undefined) this.#userKey = own.slice(2);
    // What is followed from the start need not be joined.
    for (const topic of Object.keys(positions)) this.#joined.delete(topic);
    const again = [...this.#joined];
    const signal = this.#socketEnd.signal;
    const joining = again.map((topic) => this.#joinAgain(topic, signal));
    // With many topics, `joined` frames came before this one.
    await Promise.all([this.#topics.follow(positions), ...joining, ...this.#catchUps]);
    this.conversations.caughtUp();
  }

  async #join(topic: string, options: CallOptions): Promise<void> {
    const answer = await this.#connection.call('topic.join', { topic }, { ...options, repeat: true });
    await this.#topics.follow({ [topic]: (answer as { seq?: number }).seq ?? 0 });
  }

  /** A topic that may not be followed any more is the app's to notice by its own calls. */
  async #joinAgain(topic: string, signal: AbortSignal): Promise<void> {
    try {
      await this.#join(topic, { signal });
    } catch (error) {
      // The socket is gone, or can't bring it now: the next one may.
      if (signal.aborted || isTransient(error)) throw error;
      this.#joined.delete(topic);
    }
  }

  #heard(frame: EventFrame): void {
    if (frame.topic !== '') this.#topics.event(frame);
    else if (frame.event === 'joined') this.#follow(frame);
  }

  #follow(frame: EventFrame): void {
    const { topics = {} } = frame.data as { topics?: Positions };
    const signal = this.#socketEnd.signal;
    const catchUp = this.#topics
      .follow(topics)
      .catch(() => {
        if (!signal.aborted) this.#connection.restart();
      })
      .finally(() => this.#catchUps.delete(catchUp));
    this.#catchUps.add(catchUp);
  }

  #deliver(event: string, data: unknown, topic: string, seq: number): void {
    // The view first: a listener that looks at it finds the event in it.
    this.conversations.event(event, data, seq);
    this.#events.get(event)?.tell(data, { topic, seq });
  }

  #lost(): void {
    this.#socketEnd.abort();
    this.#socketEnd = new AbortController();
    this.#topics.lost();
    this.conversations.offline();
  }
}

/** Connects, in the background: the client is there at once, and its `state` says how far it is. */
export function connect(options: ConnectOptions): Client {
  return new Client(options);
}
