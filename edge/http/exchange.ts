// One HTTP request and its answer over uWebSockets: what is read from the request is copied at once, since it is gone
// after the callback; nothing is written after the client has left.

import type { HttpRequest, HttpResponse } from 'uWebSockets.js';
import type { CircuitError } from '../../mesh/errors/circuit-error.ts';
import { coerce } from '../../mesh/errors/coerce.ts';
import { problem, statusTitle } from '../../mesh/errors/problem.ts';
import { refuse } from '../../mesh/errors/refuse.ts';
import { BodyParts } from './body-parts.ts';
import { IncomingBody } from './incoming-body.ts';
import type { BodyBounds } from './stranger-share.ts';

export type Answer = {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array;
};

/** Request headers that the edge reads. */
const headerNames = [
  'accept-encoding',
  'authorization',
  'host',
  'idempotency-key',
  'if-none-match',
  'origin',
  'traceparent',
  'x-forwarded-for',
] as const;

type HeaderName = (typeof headerNames)[number];

export class Exchange {
  readonly verb: string;
  readonly path: string;
  readonly query: string;
  readonly address: string;
  readonly startedMs = performance.now();
  /** Who asks, for the log, once that is known: a user's key or a domain server's name. */
  caller = '';
  /** W3C trace context for the call that it asks for; empty where there is none. */
  traceparent = '';
  readonly #headers: Readonly<Record<HeaderName, string>>;
  readonly #response: HttpResponse;
  readonly #abort = new AbortController();
  #answered = false;
  /** Sent with whatever the answer is. */
  #common: Readonly<Record<string, string>> = {};
  #onAnswer: ((status: number) => void) | undefined;

  /** `behindProxy`: the address is the last one that the proxy in front of the edge has written down. */
  constructor(response: HttpResponse, request: HttpRequest, behindProxy: boolean) {
    this.verb = request.getCaseSensitiveMethod();
    this.path = request.getUrl();
    this.query = request.getQuery() ?? '';
    const headers: Record<string, string> = {};
    for (const name of headerNames) headers[name] = request.getHeader(name);
    this.#headers = headers as Record<HeaderName, string>;
    const forwarded = behindProxy ? this.header('x-forwarded-for').split(',').at(-1)?.trim() : '';
    this.address = forwarded || Buffer.from(response.getRemoteAddressAsText()).toString();
    this.#response = response;
    response.onAborted(() => {
      this.#answered = true;
      this.#abort.abort(new DOMException('The client left.', 'AbortError'));
      this.#onAnswer?.(499);
    });
  }

  /** Aborted when the client leaves. */
  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  /** Empty where it was not sent. */
  header(name: HeaderName): string {
    return this.#headers[name];
  }

  /** The token of `Authorization: Bearer`; empty where there is none. */
  get bearer(): string {
    const value = this.header('authorization');
    return /^bearer /i.test(value) ? value.slice('bearer '.length).trim() : '';
  }

  /** Headers for the answer, whatever it will be. */
  withHeaders(headers: Readonly<Record<string, string>>): void {
    this.#common = { ...this.#common, ...headers };
  }

  onAnswer(listener: (status: number) => void): void {
    this.#onAnswer = listener;
  }

  /** The body. Must be asked for in the first turn. It fails with CANCELLED when the client leaves. */
  body(bounds: BodyBounds): IncomingBody {
    const body = new IncomingBody(bounds);
    this.signal.addEventListener('abort', () => body.fail(refuse('CANCELLED')), { once: true });
    this.#response.onData((chunk, isLast) => body.take(chunk, isLast));
    return body;
  }

  /** The body in parts. Must be asked for in the first turn. Parts fail with CANCELLED when the client leaves. */
  parts(bounds: BodyBounds): BodyParts {
    const parts = new BodyParts(this.#response, bounds);
    this.signal.addEventListener('abort', () => parts.lose(), { once: true });
    this.#response.onData((chunk, isLast) => parts.take(chunk, isLast));
    return parts;
  }

  answer({ status, headers, body }: Answer): void {
    if (this.#answered) return;
    this.#answered = true;
    this.#response.cork(() => {
      this.#response.writeStatus(`${status} ${statusTitle(status)}`);
      for (const [name, value] of Object.entries({ ...this.#common, ...headers })) {
        this.#response.writeHeader(name, value);
      }
      if (this.verb === 'HEAD') this.#response.endWithoutBody(Buffer.byteLength(body));
      else this.#response.end(body);
    });
    this.#onAnswer?.(status);
  }

  json(status: number, text: string): void {
    this.answer({ status, headers: { 'Content-Type': 'application/json', 'Cache-Control': 'no-store' }, body: text });
  }

  /** Whatever was thrown, as `application/problem+json`. Returns the error, for the log. */
  fail(thrown: unknown, headers: Readonly<Record<string, string>> = {}): CircuitError {
    const error = coerce(thrown);
    this.answer(problem(error, { 'Cache-Control': 'no-store', ...headers }));
    return error;
  }

  /** Gives the connection to a WebSocket; false when the client has left. */
  upgrade(upgrade: (response: HttpResponse) => void): boolean {
    if (this.#answered) return false;
    this.#answered = true;
    this.#response.cork(() => upgrade(this.#response));
    return true;
  }
}
