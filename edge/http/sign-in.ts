// Tickets for browsers' sockets, and in dev mode the login with which anyone is anyone.

import type { Issuer } from '../../mesh/auth/issuer.ts';
import type { Verifier } from '../../mesh/auth/verifier.ts';
import { refuse } from '../../mesh/errors/refuse.ts';
import { ticketMs } from '../limits.ts';
import { userOf } from '../socket/handshake.ts';
import type { Tickets } from '../socket/tickets.ts';
import type { Exchange } from './exchange.ts';
import type { HttpLimits } from './http-limits.ts';
import type { IncomingBody } from './incoming-body.ts';
import { readJson } from './json-body.ts';

/** The ready users of dev mode, and the account of everyone who signs in there. */
const devAccount = '900000000001';
const devNames: Readonly<Record<string, string>> = { '100000000001': 'Asha', '100000000002': 'Ravi' };
const userKeyForm = /^\d{12}$/;

/** `POST /api/auth/ticket` with a bearer token: `{"ticket":"…","expires_in_ms":30000}`. */
export async function answerTicket(
  exchange: Exchange,
  verifier: Verifier,
  tickets: Tickets,
  limits: HttpLimits,
): Promise<void> {
  const token = exchange.bearer;
  // Who has a token that holds pays as themselves: strangers at the same address take nothing from them.
  const caller = await userOf(token, verifier).catch(async (error: unknown) => {
    await limits.takeOfStranger(exchange.address);
    throw token === '' ? refuse('NOT_SIGNED_IN') : error;
  });
  await limits.takeOfCaller(`${caller.kind} ${caller.key}`, 1);
  const ticket = await tickets.issue({ caller, token }, exchange.header('origin'));
  exchange.json(200, JSON.stringify({ ticket, expires_in_ms: ticketMs }));
}

/** `POST /api/auth/dev-login` `{"user_key":"100000000001"}`: `{"token":"…","user":{…}}`. */
export async function answerDevLogin(exchange: Exchange, body: IncomingBody, issuer: Issuer): Promise<void> {
  const userKey = userKeyIn(readJson(await body.whole.finally(() => body.drop())));
  const displayName = devNames[userKey] ?? `User ${userKey}`;
  const token = await issuer.issueUser({ userKey, accountKey: devAccount, displayName });
  const user = { user_key: userKey, account_key: devAccount, display_name: displayName };
  exchange.json(200, JSON.stringify({ token, user }));
}

function userKeyIn(parsed: unknown): string {
  const userKey = typeof parsed === 'object' && parsed !== null && 'user_key' in parsed ? parsed.user_key : undefined;
  if (typeof userKey === 'string' && userKeyForm.test(userKey)) return userKey;
  throw refuse('INVALID_REQUEST', { violations: [{ field: 'user_key', description: 'must be 12 digits' }] });
}
