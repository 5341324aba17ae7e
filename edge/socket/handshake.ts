// Who may open a socket: a subprotocol that the edge speaks, a page that may, a token or ticket, and room.
// What can be known at once is decided before the upgrade, so that a refusal is plain HTTP. A token's signature is
// checked right after it, before hello: this version of uWebSockets may close a socket that is upgraded later than in
// the turn of its request (docs/decisions/020-token-after-upgrade.md).

import type { Verifier } from '../../mesh/auth/verifier.ts';
import { refuse } from '../../mesh/errors/refuse.ts';
import type { Admission } from '../../mesh/overload/admission.ts';
import type { UserCaller } from '../../mesh/service/caller.ts';
import type { Exchange } from '../http/exchange.ts';
import { isOriginAllowed } from '../http/origin.ts';
import type { EdgeLimits } from '../limits.ts';
import type { Format } from './format.ts';
import { jsonFormat } from './json-format.ts';
import { protoFormat } from './proto-format.ts';
import type { Sessions } from './sessions.ts';
import type { Tickets } from './tickets.ts';

export type HandshakeOptions = {
  readonly verifier: Verifier;
  readonly tickets: Tickets;
  readonly sessions: Sessions;
  readonly limits: EdgeLimits;
  readonly allowedOrigins: readonly string[];
  readonly isDraining: () => boolean;
  readonly admission: Admission;
  /** Addresses are those that a proxy in front of the edge names. */
  readonly behindProxy: boolean;
};

export type Admitted = {
  readonly format: Format;
  readonly token: string;
  /** Known where a ticket was used. */
  readonly caller: UserCaller | undefined;
  /** Of which another edge may know. */
  readonly ticket?: { readonly id: string; readonly origin: string };
};

const formats: readonly Format[] = [jsonFormat, protoFormat];
/** When somebody may try again who found no room. */
const roomRetryMs = 5_000;
/** Under this much pressure an edge takes no further sockets: it has enough to do for those that it has. */
const noSocketsFrom = 2;

/**
 * What the handshake asks for, if it may have it. Throws the refusal: INVALID_REQUEST (no subprotocol of ours),
 * SHUTTING_DOWN, ORIGIN_NOT_ALLOWED, NOT_SIGNED_IN, TICKET_INVALID, OVERLOADED.
 */
export function admit(exchange: Exchange, offered: string, options: HandshakeOptions): Admitted {
  const { tickets, allowedOrigins, isDraining, sessions, limits, admission } = options;
  const format = chooseFormat(offered);
  if (isDraining()) throw refuse('SHUTTING_DOWN', { retryAfterMs: roomRetryMs });
  const origin = exchange.header('origin');
  if (!isOriginAllowed(origin, exchange.header('host'), allowedOrigins)) {
    throw refuse('ORIGIN_NOT_ALLOWED', { metadata: { origin } });
  }
  if (admission.level >= noSocketsFrom) throw refuse('OVERLOADED', { retryAfterMs: roomRetryMs });
  if (sessions.count >= limits.sockets || sessions.countOfAddress(exchange.address) >= limits.socketsPerAddress) {
    throw refuse('OVERLOADED', { retryAfterMs: roomRetryMs });
  }
  const ticket = new URLSearchParams(exchange.query).get('ticket');
  if (ticket !== null) {
    const signedIn = tickets.use(ticket, origin);
    if (signedIn !== undefined) return { format, ...signedIn };
    return { format, token: '', caller: undefined, ticket: { id: ticket, origin } };
  }
  if (exchange.bearer === '') throw refuse('NOT_SIGNED_IN');
  return { format, token: exchange.bearer, caller: undefined };
}

/**
 * Whose token it is. Throws TOKEN_INVALID, TOKEN_EXPIRED, UNAVAILABLE, and CALLER_NOT_ALLOWED where it is no user's:
 * domain servers call over gRPC or REST.
 */
export async function userOf(token: string, verifier: Verifier): Promise<UserCaller> {
  const caller = await verifier.verify(token);
  if (caller.kind !== 'user') throw refuse('CALLER_NOT_ALLOWED');
  return caller;
}

/** The first of the app's subprotocols that the edge speaks. */
function chooseFormat(offered: string): Format {
  for (const name of offered.split(',')) {
    const format = formats.find(({ subprotocol }) => subprotocol === name.trim());
    if (format !== undefined) return format;
  }
  const known = formats.map(({ subprotocol }) => subprotocol).join(', ');
  throw refuse('INVALID_REQUEST', {
    violations: [{ field: 'Sec-WebSocket-Protocol', description: `must name one of ${known}` }],
  });
}
