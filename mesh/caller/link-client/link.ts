// One Link at the edge: a stream to one service process, opened again and again as long as it is wanted. It numbers
// what is said on it; which calls and topics go where is decided by its owner.

import { type LinkHello, SessionEndReason } from '../../../gen/circuit/link/v1/link_service.ts';
import type { TopicEvent } from '../../../gen/circuit/link/v1/topic_service.ts';
import type { CircuitError } from '../../errors/circuit-error.ts';
import { fromGrpcError } from '../../errors/grpc-error.ts';
import { refuse } from '../../errors/refuse.ts';
import { codeOf, decodeStatus } from '../../errors/status.ts';
import { type OpenResponseReader, readOpenResponse } from '../../link/open-response.ts';
import { partBytesMax } from '../../link/outbox.ts';
import type { Logger } from '../../telemetry/log.ts';
import type { Certificates } from '../../tls/certificates.ts';
import type { LinkCall } from '../links.ts';
import { hashOf } from '../rendezvous.ts';
import { Confirmations } from './confirmations.ts';
import type { SharedSession } from './link-sessions.ts';
import { LinkSpeaker } from './link-speaker.ts';
import { type Keepalive, LinkConnection, type LinkStream } from './link-stream.ts';
import type { PendingCall } from './pending-call.ts';

/**
 * Pause before the first attempt to connect again; it doubles up to the last, each time with jitter. A process that was
 * killed is back within a second or two, and all that its users wait for then is the next attempt.
 */
const firstPauseMs = 50;
const pauseMsMax = 500;
/** A process that is away is told once; after so many attempts, and twice as many, what is in the way by then. */
const toldAgainAfter = 16;
/** A peer that takes the stream and then says nothing is given up. */
const helloWithinMs = 5_000;

/**
 * `connecting` until the service has said hello; `joining` until the topics are followed there; `healthy` while it may
 * be given calls; `draining` when it goes away; `ending` when nothing more will be said.
 */
export type LinkState = 'connecting' | 'joining' | 'healthy' | 'draining' | 'ending' | 'closed';

export type LinkEvents = {
  /** The state has changed: routes are to be made again. */
  changed(link: Link): void;
  /** A healthy Link's service can do its work, or cannot: routes are to be made again. */
  readyChanged(): void;
  /** The service has said hello: its topics are to be followed, and their number to be asked for. */
  joined(link: Link): void;
  /** A batch with so many calls was handed on. */
  sent(calls: number): void;
  /** The stream is gone, with these calls unanswered. */
  lost(link: Link, unanswered: readonly PendingCall[], expected: boolean): void;
  /** Whether what the service publishes comes by this Link alone. */
  busChanged(): void;
  sessionEnded(session: SharedSession, reason: 'TOKEN_EXPIRED' | 'TOKEN_INVALID'): void;
  event(event: TopicEvent): void;
};

export type LinkOptions = {
  readonly target: string;
  readonly token: () => Promise<string>;
  readonly keepalive: Keepalive;
  readonly tls: Certificates | undefined;
  readonly log: Logger;
  readonly on: LinkEvents;
};

export class Link implements OpenResponseReader {
  readonly #options: LinkOptions;
  readonly #connection: LinkConnection;
  #state: LinkState = 'connecting';
  #speaker: LinkSpeaker | undefined;
  #inFlight = new Map<number, PendingCall>();
  #services: ReadonlySet<string> = new Set();
  #address: string;
  #hash: number;
  #callsMax = 0;
  readonly #confirmations = new Confirmations();
  #wanted = true;
  /** Kept for its events although it is not wanted any more. */
  #lingering = false;
  #leftAlive = false;
  #failures = 0;
  #timer: NodeJS.Timeout | undefined;
  #avoidedSince = 0;
  #busAway = false;
  #ready = true;

  constructor(options: LinkOptions) {
    this.#options = options;
    this.#address = options.target;
    this.#hash = hashOf(options.target);
    this.#connection = new LinkConnection(options.target, options.keepalive, options.tls);
    void this.#open();
  }

  get state(): LinkState {
    return this.#state;
  }

  /** What it was opened to. */
  get target(): string {
    return this.#options.target;
  }

  /** As the mesh knows the process; what routing is reckoned from. */
  get address(): string {
    return this.#address;
  }

  get hash(): number {
    return this.#hash;
  }

  get services(): ReadonlySet<string> {
    return this.#services;
  }

  /** True while topics can be followed on it. */
  get listening(): boolean {
    return this.#state === 'joining' || this.#state === 'healthy' || this.#state === 'draining';
  }

  /** True while what the service publishes reaches edges by Links alone. */
  get busAway(): boolean {
    return this.#busAway && this.listening;
  }

  /** It ended although its process goes on, and may go on publishing. */
  get leftAlive(): boolean {
    return this.#leftAlive;
  }

  /** False while the service says that it cannot do its work, such as without its database. */
  get ready(): boolean {
    return this.#ready;
  }

  /** By `performance.now()`; of a Link that drains or whose service is not ready. */
  get avoidedSince(): number {
    return this.#avoidedSince;
  }

  /** How many calls it takes at a time, and has taken; nothing while it is not open. */
  get load(): { readonly taken: number; readonly room: number } {
    return { taken: this.#inFlight.size, room: this.#speaker === undefined ? 0 : this.#callsMax };
  }

  unanswered(): IterableIterator<PendingCall> {
    return this.#inFlight.values();
  }

  /** Sends a call; what is against it is its answer, in a microtask. */
  submit(pending: PendingCall): void {
    const objection = this.#objectionTo(pending.call);
    if (objection !== undefined) {
      queueMicrotask(() => pending.settle(objection, undefined));
      return;
    }
    pending.link = this;
    this.#speaker?.call(pending);
    this.#inFlight.set(pending.id, pending);
  }

  /** Nobody waits for its answer any more. */
  withdraw(pending: PendingCall): void {
    if (!this.#inFlight.delete(pending.id)) return;
    this.#speaker?.cancel(pending.id);
    this.#endWhenDrained();
  }

  changeTopic(topic: string, leave: boolean): void {
    if (this.listening) this.#speaker?.changeTopic(topic, leave);
  }

  /** Asks to be told when all changes of topics up to now, which have this number, are in force. */
  askTopics(number: number): void {
    if (this.listening) this.#speaker?.askTopics(number);
  }

  /** Resolves with true when changes up to this number are in force, with false when the Link is lost before. */
  whenConfirmed(number: number): Promise<boolean> {
    if (!this.listening) return Promise.resolve(false);
    return this.#confirmations.wait(number);
  }

  renewSession(session: SharedSession): void {
    this.#speaker?.renewSession(session);
  }

  endSession(session: SharedSession): void {
    this.#speaker?.endSession(session);
  }

  /**
   * Its process is no peer any more: it takes no more calls, and ends for good when it has been listened to for so long
   * (ms) and all calls are answered, or at once where nobody speaks on it.
   */
  leave(lingerMs: number): void {
    if (this.#lingering || !this.#wanted) return;
    if (!this.listening) {
      void this.close();
      return;
    }
    this.#wanted = false;
    if (this.#state === 'draining') return;
    this.#lingering = true;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#lingering = false;
      this.#leftAlive = true;
      this.#endWhenDrained();
    }, lingerMs);
    this.#drain('it is no peer any more');
  }

  /** It is a peer again, before its end. */
  stay(): void {
    if (!this.#lingering) return;
    clearTimeout(this.#timer);
    this.#lingering = false;
    this.#wanted = true;
    this.#become('healthy');
  }

  /** Gives up what is unanswered and ends it for good; resolves when the service has seen that, or did not in time. */
  async close(): Promise<void> {
    if (this.#state === 'closed') return;
    this.#wanted = false;
    clearTimeout(this.#timer);
    const speaker = this.#speaker;
    this.#drop(true, 'closed');
    await speaker?.end();
    this.#connection.close();
  }

  onHello(hello: LinkHello): void {
    clearTimeout(this.#timer);
    this.#failures = 0;
    this.#address = hello.address;
    this.#hash = hashOf(hello.address);
    this.#services = new Set(hello.services);
    this.#speaker?.number(hello.methods);
    this.#callsMax = hello.callsInFlightMax;
    this.#state = 'joining';
    this.#options.on.joined(this);
  }

  onReply(id: number, outcome: 'response' | 'error', bytes: Uint8Array): void {
    const pending = this.#inFlight.get(id);
    // It was given up, or its time was over.
    if (pending === undefined) return;
    this.#inFlight.delete(id);
    if (outcome === 'response') pending.settle(undefined, bytes);
    else pending.settle(decodeStatus(codeOf(bytes), '', bytes), undefined);
    this.#endWhenDrained();
  }

  onSessionEnd(number: number, reason: SessionEndReason): void {
    const session = this.#speaker?.sessionOf(number);
    if (session === undefined) return;
    this.endSession(session);
    if (reason === SessionEndReason.SESSION_END_REASON_UNVERIFIED) return;
    const expired = reason === SessionEndReason.SESSION_END_REASON_TOKEN_EXPIRED;
    this.#options.on.sessionEnded(session, expired ? 'TOKEN_EXPIRED' : 'TOKEN_INVALID');
  }

  onTopicsConfirmed(number: number): void {
    this.#confirmations.confirm(number);
    if (this.#state !== 'joining') return;
    this.#become('healthy');
  }

  onEvent(event: TopicEvent): void {
    this.#options.on.event(event);
  }

  onBusAway(away: boolean): void {
    this.#busAway = away;
    this.#options.on.busChanged();
  }

  onNotReady(isNot: boolean): void {
    if (this.#ready === !isNot) return;
    this.#ready = !isNot;
    if (this.#state !== 'healthy') return;
    if (isNot) this.#avoidedSince = performance.now();
    this.#options.log.info({ address: this.#address }, isNot ? 'link to a service that is not ready' : 'ready again');
    this.#options.on.readyChanged();
  }

  onGoingAway(): void {
    if (!this.listening) return;
    // Its last events come before its end: there is nothing to linger for.
    this.#lingering = false;
    this.#drain('the service goes away');
  }

  #become(state: 'healthy' | 'draining', detail?: string): void {
    this.#state = state;
    this.#options.log.info({ address: this.#address, detail }, `link ${state}`);
    this.#options.on.changed(this);
  }

  #drain(why: string): void {
    if (this.#state !== 'draining') {
      this.#avoidedSince = performance.now();
      this.#become('draining', why);
    }
    this.#endWhenDrained();
  }

  #objectionTo(call: LinkCall): CircuitError | undefined {
    if (this.#speaker === undefined) return refuse('UNAVAILABLE', { retryAfterMs });
    if (this.#inFlight.size >= this.#callsMax) return refuse('TOO_MANY_IN_FLIGHT', { retryAfterMs });
    if (call.request.length > partBytesMax) return refuse('TOO_LARGE');
    return this.#speaker.knows(call.method.name) ? undefined : refuse('NOT_IMPLEMENTED');
  }

  async #open(): Promise<void> {
    let stream: LinkStream;
    try {
      stream = this.#connection.open(await this.#options.token());
    } catch (error) {
      this.#tell(error, 'no link for want of a token');
      this.#openLater();
      return;
    }
    if (!this.#wanted) {
      stream.on('error', () => {});
      stream.cancel();
      return;
    }
    const speaker = new LinkSpeaker(stream, (calls) => this.#options.on.sent(calls));
    this.#speaker = speaker;
    stream.on('data', (batch: Buffer) => this.#read(speaker, batch));
    stream.on('error', (error) => this.#onEnd(speaker, error));
    stream.on('end', () => this.#onEnd(speaker, undefined));
    this.#timer = setTimeout(() => stream.cancel(), helloWithinMs);
  }

  #read(speaker: LinkSpeaker, batch: Buffer): void {
    if (speaker !== this.#speaker) return;
    try {
      readOpenResponse(batch, this);
    } catch (error) {
      this.#options.log.error({ address: this.#address, err: error }, 'link cut: the service broke the protocol');
      speaker.stream.cancel();
    }
  }

  #endWhenDrained(): void {
    if (this.#state !== 'draining' || this.#inFlight.size > 0 || this.#lingering) return;
    this.#state = 'ending';
    void this.#speaker?.finish();
  }

  #onEnd(speaker: LinkSpeaker, error: Error | undefined): void {
    if (speaker !== this.#speaker) return;
    clearTimeout(this.#timer);
    const expected = this.#state === 'ending';
    if (!expected && error !== undefined) this.#tell(error, 'link lost');
    if (this.#wanted) {
      this.#drop(expected, 'connecting');
      this.#openLater();
      return;
    }
    speaker.close();
    this.#lingering = false;
    this.#drop(expected, 'closed');
    this.#connection.close();
  }

  #tell(error: unknown, what: string): void {
    const again = this.#failures >= toldAgainAfter && Number.isInteger(Math.log2(this.#failures));
    const said = this.#failures === 0 ? what : again && 'link cannot be opened';
    if (said) this.#options.log.warn({ address: this.#address, reason: fromGrpcError(error).reason, err: error }, said);
  }

  /** Forgets all that belonged to the stream, and tells its owner what is left unanswered. */
  #drop(expected: boolean, state: LinkState): void {
    const wasOpen = this.#state !== 'connecting';
    this.#state = state;
    // In order where it is closed, else there is nobody to hear the rest.
    if (state !== 'closed') this.#speaker?.close();
    this.#speaker = undefined;
    this.#busAway = false;
    this.#ready = true;
    const unanswered = [...this.#inFlight.values()];
    this.#inFlight = new Map();
    this.#confirmations.reset();
    if (wasOpen) this.#options.on.lost(this, unanswered, expected);
  }

  #openLater(): void {
    if (!this.#wanted) return;
    const pauseMs = Math.min(firstPauseMs * 2 ** this.#failures, pauseMsMax);
    this.#failures += 1;
    this.#timer = setTimeout(() => void this.#open(), pauseMs * (0.5 + Math.random() / 2));
  }
}

const retryAfterMs = 100;
