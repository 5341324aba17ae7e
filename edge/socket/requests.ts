// Requests of sockets: read, counted, handed to the service that the descriptors name, answered by id.
// Promises: each request that can be read gets exactly one reply, unless its socket is closed.

import { SpanKind } from '@opentelemetry/api';
import type { Links } from '../../mesh/caller/links.ts';
import type { CircuitError } from '../../mesh/errors/circuit-error.ts';
import { coerce } from '../../mesh/errors/coerce.ts';
import { refuse } from '../../mesh/errors/refuse.ts';
import type { Admission } from '../../mesh/overload/admission.ts';
import type { Api, MethodSchema } from '../../mesh/schema/api.ts';
import type { Logger } from '../../mesh/telemetry/log.ts';
import { inTraces, openSpan } from '../../mesh/telemetry/trace.ts';
import type { EdgeCounters } from '../counters.ts';
import { type EdgeLimits, malformedFramesMax } from '../limits.ts';
import { Answers } from './answers.ts';
import type { CloseName } from './close-codes.ts';
import type { ClientRequest } from './format.ts';
import { takeTokens } from './rate.ts';
import type { Session } from './session.ts';
import type { Sessions } from './sessions.ts';
import type { UserRates } from './user-rates.ts';
import type { Wrongs } from './wrongs.ts';

/** A call that the edge answers itself. Throws what the reply shall say. */
export type OwnCall = (session: Session, request: Uint8Array) => Promise<Uint8Array> | Uint8Array;

export type RequestsOptions = {
  readonly api: Api;
  readonly links: Links;
  readonly sessions: Sessions;
  /** By the method's full name. */
  readonly own: ReadonlyMap<string, OwnCall>;
  readonly limits: EdgeLimits;
  readonly log: Logger;
  readonly counters: EdgeCounters;
  readonly admission: Admission;
  readonly userRates: UserRates;
  readonly wrongs: Wrongs;
  /** Milliseconds since 1970. */
  readonly clock: () => number;
  readonly end: (session: Session, name: CloseName) => void;
};

type Asked = Pick<ClientRequest, 'id' | 'event'>;

/** What a frame costs that can't be read, or names no event. */
const badFrameCost = 1;

export class Requests {
  readonly #options: RequestsOptions;
  readonly #answers = new Answers();

  constructor(options: RequestsOptions) {
    this.#options = options;
  }

  /** `frame` is only valid during the call. */
  take(session: Session, frame: ArrayBuffer, isBinary: boolean): void {
    const { limits, counters, end } = this.#options;
    if (session.format.name === 'json') counters.jsonFrames++;
    else counters.protoFrames++;
    if (frame.byteLength > limits.frameBytes) {
      end(session, 'FRAME_TOO_LARGE');
      return;
    }
    const request = session.format.read(frame, isBinary);
    if ('error' in request) this.#takeMalformed(session, request.id, request.error);
    else this.#takeRequest(session, request);
  }

  /** The socket is closed: whoever works for it may stop. */
  giveUp(session: Session): void {
    if (session.unanswered === undefined) return;
    for (const cancel of session.unanswered.values()) cancel();
    session.unanswered = undefined;
  }

  #takeMalformed(session: Session, id: number | undefined, error: CircuitError): void {
    const { limits, clock, end, wrongs } = this.#options;
    session.malformed++;
    wrongs.refused(session, error.reason, '');
    if (session.malformed > malformedFramesMax) {
      end(session, 'MALFORMED_FRAMES');
      return;
    }
    takeTokens(session, badFrameCost, limits, clock());
    session.send(session.format.failure(id, error));
  }

  #takeRequest(session: Session, request: ClientRequest): void {
    try {
      this.#start(session, request);
    } catch (thrown) {
      this.#fail(session, request, thrown);
    }
  }

  #start(session: Session, request: ClientRequest): void {
    const { api, limits, own, admission } = this.#options;
    const method = api.events.get(request.event);
    // What is refused for the edge's own sake costs the app nothing.
    if (method !== undefined) {
      if (session.unanswered?.has(request.id)) throw refuse('DUPLICATE_REQUEST_NUMBER');
      if ((session.unanswered?.size ?? 0) >= limits.requestsInFlight) throw refuse('TOO_MANY_IN_FLIGHT');
      const objection = admission.objectionTo(method.importance);
      if (objection !== undefined) throw objection;
    }
    this.#charge(session, method?.cost ?? badFrameCost);
    if (method === undefined) throw refuse('UNKNOWN_EVENT');
    const bytes = session.format.encode(method.request, request.data);
    const answer = own.get(method.name);
    if (answer === undefined) this.#call(session, request, method, bytes);
    else void this.#answer(session, request, method, bytes, answer);
  }

  /** Throws RATE_LIMITED where the socket or its user has spent what they may. */
  #charge(session: Session, cost: number): void {
    const { limits, counters, clock, userRates } = this.#options;
    const retryAfterMs = takeTokens(session, cost, limits, clock()) || userRates.take(session.caller.key, cost);
    if (retryAfterMs === 0) return;
    counters.rateLimited++;
    throw refuse('RATE_LIMITED', { retryAfterMs });
  }

  #call(session: Session, { id, event }: ClientRequest, method: MethodSchema, request: Uint8Array): void {
    const { links, sessions } = this.#options;
    if (session.linkSession === undefined) {
      session.linkSession = links.openSession(session.id, session.token);
      sessions.introduce(session);
    }
    let answered = false;
    const span = openSpan(event, { kind: SpanKind.SERVER, traceparent: '', attributes: { 'circuit.event': event } });
    const cancel = links.call({
      method,
      request,
      session: session.linkSession,
      affinity: session.id,
      traceparent: span.traceparent,
      done: (error, response) => {
        answered = true;
        span.end(error);
        this.#forget(session, id);
        if (session.ws === undefined) return;
        if (error !== undefined) return inTraces(span.traces, () => this.#refuse(session, { id, event }, error));
        try {
          this.#answers.add(session, session.format.reply(id, method.response, response ?? empty));
        } catch (thrown) {
          inTraces(span.traces, () => this.#fail(session, { id, event }, thrown));
        }
      },
    });
    if (!answered) this.#remember(session, id, cancel);
  }

  async #answer(
    session: Session,
    request: ClientRequest,
    method: MethodSchema,
    bytes: Uint8Array,
    answer: OwnCall,
  ): Promise<void> {
    this.#remember(session, request.id, nothing);
    try {
      const violations = method.request.validate(bytes);
      if (violations.length > 0) throw refuse('INVALID_REQUEST', { violations });
      const response = await answer(session, bytes);
      this.#forget(session, request.id);
      session.send(session.format.reply(request.id, method.response, response));
    } catch (thrown) {
      this.#forget(session, request.id);
      this.#fail(session, request, thrown);
    }
  }

  #fail(session: Session, request: Asked, thrown: unknown): void {
    const error = coerce(thrown);
    if (error.reason === 'INTERNAL') {
      const errorId = error.details.metadata?.error_id ?? '';
      const { event } = request;
      this.#options.log.error({ session: session.id, event, errorId, err: thrown }, 'a request failed at the edge');
    }
    this.#refuse(session, request, error);
  }

  #refuse(session: Session, { id, event }: Asked, error: CircuitError): void {
    this.#options.wrongs.refused(session, error.reason, event);
    session.send(session.format.failure(id, error));
  }

  #remember(session: Session, id: number, cancel: () => void): void {
    session.unanswered ??= new Map();
    session.unanswered.set(id, cancel);
  }

  #forget(session: Session, id: number): void {
    session.unanswered?.delete(id);
    if (session.unanswered?.size === 0) session.unanswered = undefined;
  }
}

const empty = new Uint8Array(0);
const nothing = (): void => {};
