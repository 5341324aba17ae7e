// One Link at the service: an edge's calls in, answers and events out. It lives as long as its stream; when that ends,
// the signals of its calls are aborted, while what the calls have decided may stand.

import type { ServerDuplexStream } from '@grpc/grpc-js';
import { SessionEndReason } from '../../../gen/circuit/link/v1/link_service.ts';
import type { TopicEvent } from '../../../gen/circuit/link/v1/topic_service.ts';
import type { Follower, TopicHub } from '../../bus/topic-hub.ts';
import type { CircuitError } from '../../errors/circuit-error.ts';
import { coerce } from '../../errors/coerce.ts';
import { toGrpcStatus } from '../../errors/grpc-error.ts';
import { refuse } from '../../errors/refuse.ts';
import { encodeStatus } from '../../errors/status.ts';
import { type CallParts, type OpenRequestReader, readOpenRequest } from '../../link/open-request.ts';
import {
  writeBusAway,
  writeEvent,
  writeGoingAway,
  writeHello,
  writeNotReady,
  writeReply,
  writeSessionEnd,
  writeTopicsConfirmed,
} from '../../link/open-response.ts';
import { Outbox, partBytesMax, smallBytesMax } from '../../link/outbox.ts';
import type { Caller } from '../../service/caller.ts';
import type { Logger } from '../../telemetry/log.ts';
import type { BoundMethod } from '../bound-method.ts';
import type { Dispatch } from '../dispatch.ts';
import type { RunningCall } from '../running-call.ts';
import { LinkSessions, type LinkSessionsOptions, type SessionEnd } from './link-sessions.ts';

/** Calls of one Link that may be unanswered. */
export const callsInFlightMax = 20_000;
/** Bytes of their requests. */
export const bytesInFlightMax = 64 * 1_024 * 1_024;
/** Topics that one edge may follow here. */
export const topicsMax = 2_000_000;
const retryAfterMs = 100;

export type LinkStream = ServerDuplexStream<Buffer, Buffer>;

export type LinkPeerOptions = Omit<LinkSessionsOptions, 'onEnd'> & {
  readonly stream: LinkStream;
  /** The edge, as its token says. */
  readonly edge: Caller;
  readonly address: string;
  readonly services: readonly string[];
  readonly methods: readonly BoundMethod[];
  readonly dispatch: Dispatch;
  readonly hub: TopicHub;
  /** True while what is published here reaches edges by Links alone. */
  readonly busAway: boolean;
  readonly ready: boolean;
  readonly log: Logger;
  readonly onClose: () => void;
};

type InFlight = { readonly bytes: number; running: RunningCall | undefined; cancelled: boolean };

export class LinkPeer implements Follower, OpenRequestReader {
  readonly sessions: LinkSessions;
  readonly #options: LinkPeerOptions;
  readonly #outbox: Outbox;
  readonly #inFlight = new Map<number, InFlight>();
  #bytesInFlight = 0;
  #topics = 0;
  #toConfirm = 0;
  #goingAway = false;
  #closed = false;
  #whenIdle: (() => void)[] = [];

  constructor(options: LinkPeerOptions) {
    this.#options = options;
    const { stream, verifier, clock } = options;
    this.sessions = new LinkSessions({
      verifier,
      clock,
      onEnd: (session, reason) => this.#endSession(session, reason),
    });
    this.#outbox = new Outbox({
      send: (batch, sent) => stream.write(batch, sent),
      onOverflow: () => this.cut(refuse('TOO_MANY_IN_FLIGHT'), 'the edge does not read'),
    });
    stream.on('data', (batch: Buffer) => this.#read(batch));
    // The edge has said all it will: it is answered, then the Link ends.
    stream.on('end', () => void this.#endWhenIdle());
    for (const event of ['cancelled', 'error', 'close']) stream.on(event, () => this.#lost());
    this.#hail();
  }

  /** Calls whose answer has not been handed on. */
  get inFlight(): number {
    return this.#inFlight.size;
  }

  deliver(event: TopicEvent, encoded: Uint8Array): void {
    if (encoded.length > partBytesMax) {
      this.#options.log.error({ event: event.event, count: encoded.length }, 'an event is larger than a Link carries');
      return;
    }
    writeEvent(this.#outbox.writer, encoded);
    this.#outbox.written();
  }

  /** Tells the edge to take new calls elsewhere. */
  goAway(): void {
    if (this.#goingAway || this.#closed) return;
    this.#goingAway = true;
    writeGoingAway(this.#outbox.writer);
    this.#outbox.written();
  }

  /** Ends the Link at once; what is unanswered stays so. */
  cut(error: CircuitError, why: string): void {
    if (this.#closed) return;
    const { log, edge, stream } = this.#options;
    log.warn({ peer: edge.key, reason: error.reason, err: error.details.cause }, `link cut: ${why}`);
    stream.emit('error', toGrpcStatus(error));
    this.#lost();
  }

  tellBus(away: boolean): void {
    if (this.#closed) return;
    writeBusAway(this.#outbox.writer, away);
    this.#outbox.written();
  }

  tellReady(ready: boolean): void {
    if (this.#closed) return;
    writeNotReady(this.#outbox.writer, !ready);
    this.#outbox.written();
  }

  onSession(session: number, token: string): void {
    this.sessions.present(session, token);
  }

  onEndedSession(session: number): void {
    this.sessions.forget(session);
  }

  onTopicChange(topic: string, leave: boolean): void {
    const { hub } = this.#options;
    if (leave) {
      if (hub.leave(topic, this)) this.#topics -= 1;
      return;
    }
    if (this.#topics >= topicsMax) throw refuse('TOO_MANY_TOPICS');
    if (hub.follow(topic, this)) this.#topics += 1;
  }

  onTopicsNumber(number: number): void {
    this.#toConfirm = number;
  }

  onCall(call: CallParts): void {
    const method = this.#options.methods[call.method];
    const bytes = call.request.length;
    if (this.#inFlight.has(call.id) || call.id === 0) throw refuse('DUPLICATE_REQUEST_NUMBER');
    if (this.#inFlight.size >= callsInFlightMax || this.#bytesInFlight + bytes > bytesInFlightMax) {
      this.#reply(call.id, refuse('TOO_MANY_IN_FLIGHT', { retryAfterMs }), undefined);
      return;
    }
    if (method === undefined) {
      this.#reply(call.id, refuse('NOT_IMPLEMENTED'), undefined);
      return;
    }
    const entry: InFlight = { bytes, running: undefined, cancelled: false };
    this.#inFlight.set(call.id, entry);
    this.#bytesInFlight += bytes;
    const known = call.session === 0 ? this.#options.edge : this.sessions.known(call.session);
    if (known !== undefined) {
      this.#run(method, call, entry, known);
      return;
    }
    this.sessions.withCaller(call.session, (caller, error) => {
      if (error !== undefined) this.#finish(call.id, entry, error, undefined);
      else if (caller !== undefined) this.#run(method, call, entry, caller);
    });
  }

  onCancel(id: number): void {
    const entry = this.#inFlight.get(id);
    if (entry === undefined) return;
    entry.cancelled = true;
    entry.running?.abort('CANCELLED');
  }

  #hail(): void {
    const { address, services, methods } = this.#options;
    writeHello(this.#outbox.writer, {
      address,
      services,
      methods: methods.map((method) => method.schema.name),
      callsInFlightMax,
      bytesInFlightMax,
    });
    this.tellReady(this.#options.ready);
    this.tellBus(this.#options.busAway);
  }

  #read(batch: Buffer): void {
    if (this.#closed) return;
    try {
      readOpenRequest(batch, this);
      this.#confirm();
    } catch (error) {
      this.cut(coerce(error), 'the edge broke the protocol');
    }
  }

  /** One confirmation answers all that a batch asked for. */
  #confirm(): void {
    if (this.#toConfirm === 0) return;
    writeTopicsConfirmed(this.#outbox.writer, this.#toConfirm);
    this.#outbox.written();
    this.#toConfirm = 0;
  }

  #run(method: BoundMethod, call: CallParts, entry: InFlight, caller: Caller): void {
    if (entry.cancelled || this.#closed) {
      this.#finish(call.id, entry, refuse('CANCELLED'), undefined);
      return;
    }
    const { id, request, traceparent } = call;
    const timeoutMs = call.timeoutMs || method.schema.timeoutMs;
    const incoming = { method, caller, request, timeoutMs, traceparent };
    // By its id: the call's request is a view of its whole batch, which would be kept until the answer.
    entry.running = this.#options.dispatch.run(incoming, (error, response) => {
      this.#finish(id, entry, error, response);
    });
  }

  #finish(id: number, entry: InFlight, error: CircuitError | undefined, response: Uint8Array | undefined): void {
    this.#inFlight.delete(id);
    this.#bytesInFlight -= entry.bytes;
    if (!this.#closed) this.#reply(id, error, response);
    if (this.#inFlight.size === 0 && this.#whenIdle.length > 0)
      for (const resolve of this.#whenIdle.splice(0)) resolve();
  }

  #reply(id: number, error: CircuitError | undefined, response: Uint8Array | undefined): void {
    if (response !== undefined && response.length > partBytesMax) {
      this.#options.log.error({ count: response.length }, 'a response is larger than a Link carries');
      this.#reply(id, refuse('TOO_LARGE'), undefined);
      return;
    }
    const outcome = error === undefined ? 'response' : 'error';
    const bytes = error === undefined ? (response as Uint8Array) : encodeStatus(error);
    if (bytes.length > smallBytesMax) {
      this.#outbox.addLarge(bytes.length, (writer) => writeReply(writer, id, outcome, bytes));
      return;
    }
    writeReply(this.#outbox.writer, id, outcome, bytes);
    this.#outbox.written();
  }

  #endSession(session: number, reason: SessionEnd): void {
    if (this.#closed) return;
    writeSessionEnd(this.#outbox.writer, session, endReasons[reason]);
    this.#outbox.written();
  }

  async #endWhenIdle(): Promise<void> {
    while (this.#inFlight.size > 0 && !this.#closed) {
      await new Promise<void>((resolve) => this.#whenIdle.push(resolve));
    }
    // The last events of a process that shuts down come from other edges' calls.
    if (this.#goingAway) await this.#options.dispatch.whenIdle();
    await this.#outbox.whenEmpty();
    if (this.#closed) return;
    this.#options.stream.end();
    this.#lost();
  }

  #lost(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#outbox.close();
    this.#options.hub.leaveAll(this);
    this.sessions.close();
    for (const { running } of [...this.#inFlight.values()]) running?.abort('CANCELLED');
    for (const resolve of this.#whenIdle.splice(0)) resolve();
    this.#options.onClose();
  }
}

const endReasons = {
  TOKEN_EXPIRED: SessionEndReason.SESSION_END_REASON_TOKEN_EXPIRED,
  TOKEN_INVALID: SessionEndReason.SESSION_END_REASON_TOKEN_INVALID,
  UNVERIFIED: SessionEndReason.SESSION_END_REASON_UNVERIFIED,
} as const satisfies Record<SessionEnd, SessionEndReason>;
