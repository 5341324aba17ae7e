// The WebSocket side of the edge: handshakes, the life of each socket, its requests. Ends sockets only outside the
// callbacks in which uWebSockets must not be touched.

import type { TemplatedApp, WebSocket } from 'uWebSockets.js';
import { coerce } from '../../mesh/errors/coerce.ts';
import { reasonRule } from '../../mesh/errors/reasons.ts';
import type { UserCaller } from '../../mesh/service/caller.ts';
import type { Logger } from '../../mesh/telemetry/log.ts';
import type { Metrics } from '../../mesh/telemetry/metrics.ts';
import { causeOf, type RefusalLog } from '../../mesh/telemetry/refusal-log.ts';
import type { EdgeCounters } from '../counters.ts';
import { withDeadline } from '../deadline.ts';
import type { Hub } from '../fanout/hub.ts';
import type { Rights } from '../fanout/rights.ts';
import { Exchange } from '../http/exchange.ts';
import {
  earlyBytesMax,
  earlyBytesOfAllMax,
  earlyFramesMax,
  frameBytesHardFactor,
  openingMsMax,
  tokenCheckMsMax,
} from '../limits.ts';
import { type CloseName, closeCodes, closeReason } from './close-codes.ts';
import { type Admitted, admit, type HandshakeOptions, userOf } from './handshake.ts';
import type { Requests } from './requests.ts';
import { Session } from './session.ts';
import type { Sessions } from './sessions.ts';
import type { Tell } from './tell.ts';
import type { Wrongs } from './wrongs.ts';

export type SocketServerOptions = HandshakeOptions & {
  readonly hub: Hub;
  readonly rights: Rights;
  readonly requests: Requests;
  readonly tell: Tell;
  readonly log: Logger;
  readonly refusals: RefusalLog;
  readonly wrongs: Wrongs;
  readonly metrics: Metrics | undefined;
  readonly counters: EdgeCounters;
  /** Milliseconds since 1970. */
  readonly clock: () => number;
  readonly signal: AbortSignal;
  /** Makes session ids; no two edges make the same. */
  readonly nextId: () => string;
};

/** What hangs on a native socket. */
type Held = {
  readonly address: string;
  /** Until the token is checked. */
  admitted: Admitted | undefined;
  early: Early | undefined;
  session: Session | undefined;
  isClosed: boolean;
};

/** Frames that came before it was known whose they are; their bytes count in `sessions.earlyBytes` too. */
type Early = { readonly frames: EarlyFrame[]; bytes: number };
type EarlyFrame = { readonly frame: ArrayBuffer; readonly isBinary: boolean };

/** uWebSockets puts what it is given at the upgrade on the socket itself. */
type Socket = WebSocket<Held> & Held;

/** The code of a connection that ended without a close frame. */
const cutCode = 1006;
/** Between the app's reconnects when the session could not be opened. */
const notOpenedRetryMs = 2_000;

/** Serves `/ws`. */
export function serveSockets(app: TemplatedApp, options: SocketServerOptions): void {
  const { requests, limits, sessions } = options;
  app.ws<Held>('/ws', {
    maxPayloadLength: limits.frameBytes * frameBytesHardFactor,
    maxBackpressure: limits.bufferedBytesHard,
    closeOnBackpressureLimit: 1,
    idleTimeout: limits.idleSeconds,
    sendPingsAutomatically: true,
    compression: 0,
    upgrade: (response, request, context) => {
      const key = request.getHeader('sec-websocket-key');
      const offered = request.getHeader('sec-websocket-protocol');
      const extensions = request.getHeader('sec-websocket-extensions');
      const exchange = new Exchange(response, request, options.behindProxy);
      try {
        const admitted = admit(exchange, offered, options);
        const { address } = exchange;
        const held: Held = { address, admitted, early: undefined, session: undefined, isClosed: false };
        exchange.upgrade(() => response.upgrade(held, key, admitted.format.subprotocol, extensions, context));
      } catch (thrown) {
        refused(exchange, thrown, options);
      }
    },
    open: (ws) => {
      const socket = ws as Socket;
      sessions.enter(socket.address);
      void open(socket, options);
    },
    message: (ws, frame, isBinary) => {
      const { session } = ws as Socket;
      if (session === undefined) keepEarly(ws as Socket, { frame, isBinary }, options);
      else requests.take(session, frame, isBinary);
    },
    // Nothing may be done to the socket in here: uWebSockets is about to cut it.
    dropped: (ws) => cut(ws as Socket, `more than ${limits.bufferedBytesHard} bytes waited for it`, options),
    close: (ws, code, message) => closed(ws as Socket, code, Buffer.from(message).toString(), options),
  });
}

/** Ends a socket with a code that the app understands. */
export function endSession(session: Session, name: CloseName, retryAfterMs = 0): void {
  session.end(closeCodes[name].code, closeReason(name, retryAfterMs));
}

function refused(exchange: Exchange, thrown: unknown, { metrics, refusals }: SocketServerOptions): void {
  const { reason } = exchange.fail(thrown);
  metrics?.counter('circuit_socket_refused_total', { reason }).inc();
  refusals.line({ address: exchange.address, reason }, 'a socket was refused');
}

/** Checks the token, then opens the session. */
async function open(socket: Socket, options: SocketServerOptions): Promise<void> {
  const { admitted } = socket;
  if (admitted === undefined) return;
  socket.admitted = undefined;
  const { refusals, signal } = options;
  try {
    const { caller, token } = await withDeadline(signal, tokenCheckMsMax, () => check(admitted, options));
    if (!socket.isClosed) signedIn(socket, caller, { ...admitted, token }, options);
  } catch (thrown) {
    if (socket.isClosed) return;
    const error = coerce(thrown);
    const { reason } = error;
    refusals.line({ address: socket.address, reason, ...causeOf(error) }, 'a socket was refused');
    // A ticket that is none any more is no fault of the token: the app fetches another.
    if (reason === 'TICKET_INVALID') endSocket(socket, 'TOKEN_EXPIRED');
    else if (reason === 'TOKEN_EXPIRED' || reason === 'TOKEN_INVALID') endSocket(socket, reason);
    else if (reason === 'CALLER_NOT_ALLOWED') endSocket(socket, 'NOT_ALLOWED');
    else endSocket(socket, 'NOT_OPENED', notOpenedRetryMs);
  }
}

async function check(
  { ticket, token: own, caller }: Admitted,
  { tickets, verifier }: SocketServerOptions,
): Promise<{ readonly caller: UserCaller; readonly token: string }> {
  const token = ticket === undefined ? own : await tickets.tokenOf(ticket.id, ticket.origin);
  return { caller: caller ?? (await userOf(token, verifier)), token };
}

function signedIn(socket: Socket, caller: UserCaller, admitted: Admitted, options: SocketServerOptions): void {
  const { sessions, limits, tell, requests, counters, clock, nextId } = options;
  if (sessions.countOfUser(caller.key) >= limits.socketsPerUser) {
    turnAway(socket, 'TOO_MANY_SOCKETS', options, notOpenedRetryMs);
    return;
  }
  const { format, token } = admitted;
  const session = new Session(nextId(), format, caller, token);
  session.ws = socket as unknown as WebSocket<Session>;
  socket.session = session;
  sessions.add(session);
  if (format.name === 'json') counters.jsonOpened++;
  else counters.protoOpened++;
  tell.hello(session, clock());
  void openSession(session, options);
  for (const { frame, isBinary } of takeEarly(socket, sessions)) requests.take(session, frame, isBinary);
}

async function openSession(session: Session, { rights, tell, log, signal }: SocketServerOptions): Promise<void> {
  try {
    await withDeadline(signal, openingMsMax, (deadline) =>
      rights.open(session, deadline, (topics) => {
        session.ready = true;
        session.ws?.cork(() => tell.ready(session, topics));
      }),
    );
  } catch (err) {
    if (session.ws === undefined || signal.aborted) return;
    const { reason } = coerce(err);
    const fields = { session: session.id, userKey: session.caller.key, reason };
    if (reasonRule(reason).code === 'PERMISSION_DENIED') {
      log.info(fields, 'a session is not allowed');
      endSession(session, 'NOT_ALLOWED');
      return;
    }
    log.warn({ ...fields, err }, 'a session could not be opened');
    endSession(session, 'NOT_OPENED', notOpenedRetryMs);
  }
}

function keepEarly(socket: Socket, { frame, isBinary }: EarlyFrame, options: SocketServerOptions): void {
  const { sessions } = options;
  socket.early ??= { frames: [], bytes: 0 };
  const { early } = socket;
  const bytes = frame.byteLength;
  if (early.frames.length >= earlyFramesMax || early.bytes + bytes > earlyBytesMax) {
    turnAway(socket, 'TOO_EARLY', options);
  } else if (sessions.earlyBytes + bytes > earlyBytesOfAllMax) {
    turnAway(socket, 'NOT_OPENED', options, notOpenedRetryMs);
  } else {
    early.bytes += bytes;
    sessions.earlyBytes += bytes;
    early.frames.push({ frame: frame.slice(0), isBinary });
  }
}

function takeEarly(socket: Socket, sessions: Sessions): readonly EarlyFrame[] {
  const { early } = socket;
  socket.early = undefined;
  sessions.earlyBytes -= early?.bytes ?? 0;
  return early?.frames ?? [];
}

/** Ends a socket that has no session. */
function turnAway(socket: Socket, name: CloseName, { refusals }: SocketServerOptions, retryAfterMs = 0): void {
  refusals.line({ address: socket.address, reason: name }, 'a socket was refused');
  endSocket(socket, name, retryAfterMs);
}

function endSocket(socket: Socket, name: CloseName, retryAfterMs = 0): void {
  if (!socket.isClosed) socket.end(closeCodes[name].code, closeReason(name, retryAfterMs));
}

/** What breaks no rule: apps go into tunnels. */
const lost: ReadonlySet<string> = new Set(['', 'Received TCP FIN before WebSocket close frame']);

function cut({ session, address }: Socket, why: string, { wrongs, refusals }: SocketServerOptions): void {
  if (session === undefined) refusals.line({ address, detail: why }, 'a socket was cut');
  else wrongs.cut(session, why);
}

function closed(socket: Socket, code: number, why: string, options: SocketServerOptions): void {
  const { sessions, hub, requests, metrics } = options;
  if (code === cutCode && !lost.has(why)) cut(socket, why, options);
  socket.isClosed = true;
  sessions.leave(socket.address);
  takeEarly(socket, sessions);
  metrics?.counter('circuit_socket_closed_total', { code: String(code) }).inc();
  const { session } = socket;
  if (session === undefined) return;
  session.ws = undefined;
  session.answers = undefined;
  sessions.remove(session);
  hub.detachAll(session);
  requests.giveUp(session);
  session.linkSession?.end();
  session.linkSession = undefined;
}
