// The HTTP side of the edge: REST by the descriptors, tickets, documents, health, the console. Answers every request
// once; what goes wrong is `application/problem+json` with the same reasons as on the socket.

import type { TemplatedApp } from 'uWebSockets.js';
import { SpanKind } from '@opentelemetry/api';
import type { Issuer } from '../../mesh/auth/issuer.ts';
import type { Verifier } from '../../mesh/auth/verifier.ts';
import type { Links } from '../../mesh/caller/links.ts';
import type { CircuitError } from '../../mesh/errors/circuit-error.ts';
import { coerce } from '../../mesh/errors/coerce.ts';
import { refuse } from '../../mesh/errors/refuse.ts';
import type { Admission } from '../../mesh/overload/admission.ts';
import type { Api } from '../../mesh/schema/api.ts';
import { compileRoutes, type RouteMatch, type Routes } from '../../mesh/schema/routes.ts';
import type { Shared } from '../../mesh/shared/shared.ts';
import type { Logger } from '../../mesh/telemetry/log.ts';
import type { Metrics } from '../../mesh/telemetry/metrics.ts';
import { causeOf, type RefusalLog } from '../../mesh/telemetry/refusal-log.ts';
import { inTraces, type OpenSpan, openSpan } from '../../mesh/telemetry/trace.ts';
import { type EdgeLimits, strangerBytesMax } from '../limits.ts';
import type { Tickets } from '../socket/tickets.ts';
import { answerCors } from './cors.ts';
import { Exchange } from './exchange.ts';
import { httpLimits } from './http-limits.ts';
import { answerRest, type RestOptions } from './rest.ts';
import { answerDevLogin, answerTicket } from './sign-in.ts';
import { answerStatic, type StaticFiles } from './static-files.ts';
import { TokenSessions } from './token-sessions.ts';

export type HttpServerOptions = {
  readonly api: Api;
  readonly links: Links;
  readonly verifier: Verifier;
  readonly tickets: Tickets;
  readonly limits: EdgeLimits;
  readonly admission: Admission;
  readonly shared: Shared;
  readonly allowedOrigins: readonly string[];
  /** Only in dev mode. */
  readonly issuer: Issuer | undefined;
  readonly files: StaticFiles;
  readonly log: Logger;
  readonly refusals: RefusalLog;
  readonly metrics: Metrics | undefined;
  /** Milliseconds since 1970. */
  readonly clock: () => number;
  readonly isReady: () => boolean;
  readonly behindProxy: boolean;
};

export type HttpServing = {
  /** Resolves when every request that came so far is answered. */
  whenIdle(): Promise<void>;
  /** To be closed with the edge. */
  close(): void;
};

/** Serves everything but `/ws`. */
export function serveHttp(app: TemplatedApp, options: HttpServerOptions): HttpServing {
  const server = new HttpServer(options);
  app.any('/*', (response, request) => server.take(new Exchange(response, request, options.behindProxy)));
  return server;
}

class HttpServer implements HttpServing {
  readonly #options: HttpServerOptions;
  readonly #underway = new Set<Promise<void>>();
  readonly #routes: Routes;
  readonly #rest: RestOptions;

  constructor(options: HttpServerOptions) {
    const { api, links, verifier, limits, clock, admission, shared } = options;
    this.#options = options;
    this.#routes = compileRoutes(api);
    this.#rest = {
      links,
      verifier,
      sessions: new TokenSessions(links, clock),
      limits: httpLimits(limits, shared),
      admission,
      bodies: { bytesMax: limits.bodyBytes, strangerBytesMax, strangerBytes: 0 },
    };
  }

  take(exchange: Exchange): void {
    const answering = this.#answer(exchange).finally(() => this.#underway.delete(answering));
    this.#underway.add(answering);
  }

  async whenIdle(): Promise<void> {
    await Promise.all(this.#underway);
  }

  close(): void {
    this.#rest.sessions.close();
  }

  /** Never rejects. Waits for nothing before the call's own code: a body is asked for in the turn of its request. */
  async #answer(exchange: Exchange): Promise<void> {
    let label = 'other';
    let span: OpenSpan | undefined;
    exchange.onAnswer((status) => {
      this.#count(exchange, label, status);
      span?.set({ 'http.response.status_code': status });
    });
    try {
      if (answerCors(exchange, this.#options.allowedOrigins)) return;
      const own = this.#answerOwn(exchange);
      if (own === true) return;
      if (own !== false) {
        await own;
        return;
      }
      const match = this.#match(exchange);
      label = match.method.name;
      span = openRestSpan(exchange, match);
      exchange.traceparent = span.traceparent;
      await inTraces(span.traces, () => answerRest(exchange, match, this.#rest));
      span.end();
    } catch (thrown) {
      const error = coerce(thrown);
      inTraces(span?.traces ?? [], () => this.#fail(exchange, error, label));
      span?.end(error);
    }
  }

  /** What is the edge's own: true, or when, it is answered; false where it is none. */
  #answerOwn(exchange: Exchange): Promise<void> | boolean {
    const { verifier, tickets, issuer, files, isReady } = this.#options;
    const { limits, bodies } = this.#rest;
    switch (`${exchange.verb} ${exchange.path}`) {
      case 'GET /healthz':
        exchange.json(200, '{"status":"ok"}');
        return true;
      case 'GET /readyz':
        if (isReady()) exchange.json(200, '{"status":"ready"}');
        else exchange.json(503, '{"status":"not ready"}');
        return true;
      case 'POST /api/auth/ticket':
        return answerTicket(exchange, verifier, tickets, limits);
      case 'POST /api/auth/dev-login':
        return issuer === undefined ? false : answerDevLogin(exchange, exchange.body(bodies), issuer);
      default:
        return answerStatic(exchange, files);
    }
  }

  #match(exchange: Exchange): RouteMatch {
    const match = this.#routes.match(exchange.verb === 'HEAD' ? 'GET' : exchange.verb, exchange.path);
    if (match === undefined) throw refuse('NOT_FOUND');
    return match;
  }

  #fail(exchange: Exchange, error: CircuitError, method: string): void {
    const { address, caller } = exchange;
    const { reason } = error;
    this.#options.refusals.refused({ address, method, reason, ...(caller !== '' && { caller }), ...causeOf(error) });
    const allow = error.details.metadata?.allow;
    exchange.fail(error, allow === undefined ? {} : { Allow: allow });
    if (reason !== 'INTERNAL') return;
    const errorId = error.details.metadata?.error_id ?? '';
    this.#options.log.error({ errorId, err: error.details.cause ?? error }, 'an HTTP request failed at the edge');
  }

  #count(exchange: Exchange, method: string, status: number): void {
    const { metrics } = this.#options;
    metrics?.counter('circuit_http_total', { method, status: String(status) }).inc();
    metrics?.histogram('circuit_http_seconds', { method }).observe((performance.now() - exchange.startedMs) / 1_000);
  }
}

function openRestSpan(exchange: Exchange, { method, binding }: RouteMatch): OpenSpan {
  return openSpan(`${binding.verb} ${binding.path}`, {
    kind: SpanKind.SERVER,
    traceparent: exchange.header('traceparent'),
    attributes: { 'http.request.method': exchange.verb, 'http.route': binding.path, 'rpc.method': method.name },
  });
}
