// The WebSocket side of the edge: handshakes, the life of each socket, its requests. Ends sockets only outside the
// callbacks in which uWebSockets must not be touched.

import type { TemplatedApp, us_socket_context_t, WebSocket } from 'uWebSockets.js';
import type { Logger } from '../../mesh/telemetry/log.ts';
import type { Metrics } from '../../mesh/telemetry/metrics.ts';
import type { EdgeCounters } from '../counters.ts';
import type { Hub } from '../fanout/hub.ts';
import type { Rights } from '../fanout/rights.ts';
import { Exchange } from '../http/exchange.ts';
import {
  bufferedBytesHard,
  type EdgeLimits,
  frameBytesHardFactor,
  idleTimeoutSeconds,
  openingMsMax,
} from '../limits.ts';
import { type CloseName, closeCodes, closeReason } from './close-codes.ts';
import { admit, chooseFormat, type HandshakeOptions } from './handshake.ts';
import type { Requests } from './requests.ts';
import { Session } from './session.ts';
import type { Sessions } from './sessions.ts';
import type { Tell } from './tell.ts';

export type SocketServerOptions = HandshakeOptions & {
  readonly hub: Hub;
  readonly rights: Rights;
  readonly requests: Requests;
  readonly sessions: Sessions;
  readonly tell: Tell;
  readonly limits: EdgeLimits;
  readonly log: Logger;
  readonly metrics: Metrics | undefined;
  readonly counters: EdgeCounters;
  /** Milliseconds since 1970. */
  readonly clock: () => number;
  /** Makes session ids; no two edges make the same. */
  readonly nextId: () => string;
};

type Socket = WebSocket<Opened>;
type Opened = { readonly session: Session };

/** Between the app's reconnects when the session could not be opened. */
const notOpenedRetryMs = 2_000;

/** Serves `/ws`. */
export function serveSockets(app: TemplatedApp, options: SocketServerOptions): void {
  const { requests, limits } = options;
  app.ws<Opened>('/ws', {
    maxPayloadLength: limits.frameBytes * frameBytesHardFactor,
    maxBackpressure: bufferedBytesHard,
    closeOnBackpressureLimit: 1,
    idleTimeout: idleTimeoutSeconds,
    sendPingsAutomatically: true,
    compression: 0,
    upgrade: (response, request, context) => {
      const key = request.getHeader('sec-websocket-key');
      const offered = request.getHeader('sec-websocket-protocol');
      const extensions = request.getHeader('sec-websocket-extensions');
      const exchange = new Exchange(response, request);
      void upgrade(exchange, { key, offered, extensions, context }, options);
    },
    open: (ws) => opened(ws, options),
    message: (ws, frame, isBinary) => requests.take(sessionOf(ws), frame, isBinary),
    close: (ws, code) => closed(ws, code, options),
  });
}

/** Ends a socket with a code that the app understands. */
export function endSession(session: Session, name: CloseName, retryAfterMs = 0): void {
  session.ws?.end(closeCodes[name].code, closeReason(name, retryAfterMs));
}

type Upgrade = {
  readonly key: string;
  readonly offered: string;
  readonly extensions: string;
  readonly context: us_socket_context_t;
};

async function upgrade(exchange: Exchange, asked: Upgrade, options: SocketServerOptions): Promise<void> {
  const { limits, clock, nextId, metrics, log } = options;
  try {
    const format = chooseFormat(asked.offered);
    const { caller, token } = await admit(exchange, options);
    const session = new Session(nextId(), format, exchange.address, caller, token, limits.costBurst, clock());
    exchange.upgrade((response) => {
      response.upgrade<Opened>({ session }, asked.key, format.subprotocol, asked.extensions, asked.context);
    });
  } catch (thrown) {
    const { reason } = exchange.fail(thrown);
    metrics?.counter('circuit_socket_refused_total', { reason }).inc();
    log.info({ address: exchange.address, reason }, 'a socket was refused');
  }
}

function opened(ws: Socket, options: SocketServerOptions): void {
  const { sessions, tell, rights, counters, log, clock } = options;
  const session = sessionOf(ws);
  session.ws = ws as unknown as WebSocket<Session>;
  sessions.add(session);
  if (session.format.name === 'json') counters.jsonOpened++;
  else counters.protoOpened++;
  tell.hello(session, clock());
  const opening = rights.open(session, (topics) => {
    session.ready = true;
    session.ws?.cork(() => tell.ready(session, topics));
  });
  withTimeout(opening, openingMsMax).catch((err: unknown) => {
    if (session.ws === undefined) return;
    log.warn({ session: session.id, userKey: session.caller.key, err }, 'a session could not be opened');
    endSession(session, 'NOT_OPENED', notOpenedRetryMs);
  });
}

function closed(ws: Socket, code: number, { sessions, hub, requests, metrics }: SocketServerOptions): void {
  const session = sessionOf(ws);
  session.ws = undefined;
  sessions.remove(session);
  hub.detachAll(session);
  requests.giveUp(session);
  session.linkSession?.end();
  session.linkSession = undefined;
  metrics?.counter('circuit_socket_closed_total', { code: String(code) }).inc();
}

function sessionOf(ws: Socket): Session {
  return (ws as unknown as Opened).session;
}

/** Throws DEADLINE-like `TimeoutError` when the work takes longer; the work itself goes on until it notices. */
async function withTimeout(work: Promise<void>, timeoutMs: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new DOMException('Opening took too long.', 'TimeoutError')), timeoutMs);
  });
  try {
    await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
