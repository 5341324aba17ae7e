// Who may open a socket: a subprotocol that the edge speaks, a page that may, a token or ticket that holds, and room.
// Everything is decided before the upgrade, so that a refusal is plain HTTP.

import type { Verifier } from '../../mesh/auth/verifier.ts';
import { refuse } from '../../mesh/errors/refuse.ts';
import type { Exchange } from '../http/exchange.ts';
import { isOriginAllowed } from '../http/origin.ts';
import type { EdgeLimits } from '../limits.ts';
import type { Format } from './format.ts';
import { jsonFormat } from './json-format.ts';
import { protoFormat } from './proto-format.ts';
import type { Sessions } from './sessions.ts';
import type { SignedIn, Tickets } from './tickets.ts';

export type HandshakeOptions = {
  readonly verifier: Verifier;
  readonly tickets: Tickets;
  readonly sessions: Sessions;
  readonly limits: EdgeLimits;
  readonly allowedOrigins: readonly string[];
  readonly isDraining: () => boolean;
};

const formats: readonly Format[] = [jsonFormat, protoFormat];
/** When somebody may try again who found no room. */
const roomRetryMs = 5_000;

/** The first of the app's subprotocols that the edge speaks. Throws MALFORMED_FRAME with what there is. */
export function chooseFormat(offered: string): Format {
  const names = offered.split(',').map((name) => name.trim());
  for (const name of names) {
    const format = formats.find(({ subprotocol }) => subprotocol === name);
    if (format !== undefined) return format;
  }
  const known = formats.map(({ subprotocol }) => subprotocol).join(', ');
  throw refuse('INVALID_REQUEST', {
    violations: [{ field: 'Sec-WebSocket-Protocol', description: `must name one of ${known}` }],
  });
}

/** Who asks for the socket. Throws the refusal: CALLER_NOT_ALLOWED, NOT_SIGNED_IN, TOKEN_*, TICKET_INVALID, OVERLOADED. */
export async function admit(exchange: Exchange, options: HandshakeOptions): Promise<SignedIn> {
  const { verifier, tickets, allowedOrigins, isDraining } = options;
  if (isDraining()) throw refuse('SHUTTING_DOWN', { retryAfterMs: roomRetryMs });
  const origin = exchange.header('origin');
  if (!isOriginAllowed(origin, exchange.header('host'), allowedOrigins)) {
    throw refuse('CALLER_NOT_ALLOWED', { metadata: { what: 'origin' } });
  }
  mustHaveRoom(exchange.address, undefined, options);
  const ticket = new URLSearchParams(exchange.query).get('ticket');
  const signedIn = ticket === null ? await byToken(exchange.bearer, verifier) : tickets.use(ticket, origin);
  mustHaveRoom(exchange.address, signedIn.caller.key, options);
  return signedIn;
}

async function byToken(token: string, verifier: Verifier): Promise<SignedIn> {
  if (token === '') throw refuse('NOT_SIGNED_IN');
  const caller = await verifier.verify(token);
  if (caller.kind !== 'user') throw refuse('CALLER_NOT_ALLOWED', { metadata: { what: 'kind' } });
  return { caller, token };
}

function mustHaveRoom(address: string, userKey: string | undefined, { sessions, limits }: HandshakeOptions): void {
  const isFull =
    sessions.all.length >= limits.sockets ||
    sessions.countOfAddress(address) >= limits.socketsPerAddress ||
    (userKey !== undefined && sessions.countOfUser(userKey) >= limits.socketsPerUser);
  if (isFull) throw refuse('OVERLOADED', { retryAfterMs: roomRetryMs });
}
