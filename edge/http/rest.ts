// REST: a verb and a path become an RPC by the descriptors' rules, its answer becomes JSON. No endpoint has code here.

import { tokenLengthMax, type Verifier } from '../../mesh/auth/verifier.ts';
import type { LinkSession, Links } from '../../mesh/caller/links.ts';
import { refuse } from '../../mesh/errors/refuse.ts';
import type { Admission } from '../../mesh/overload/admission.ts';
import type { MethodSchema } from '../../mesh/schema/api.ts';
import { restRequest } from '../../mesh/schema/rest-request.ts';
import type { RouteMatch } from '../../mesh/schema/routes.ts';
import type { DomainServerCaller, UserCaller } from '../../mesh/service/caller.ts';
import type { Exchange } from './exchange.ts';
import type { HttpLimits } from './http-limits.ts';
import type { BodyBounds } from './incoming-body.ts';
import { readJson } from './json-body.ts';
import type { TokenSessions } from './token-sessions.ts';

export type RestOptions = {
  readonly links: Links;
  readonly verifier: Verifier;
  readonly sessions: TokenSessions;
  readonly limits: HttpLimits;
  readonly admission: Admission;
  readonly bodies: BodyBounds;
};

type RestCaller = UserCaller | DomainServerCaller;

const bodyVerbs: ReadonlySet<string> = new Set(['POST', 'PUT', 'PATCH', 'DELETE']);
/** What a signed token looks like; nothing else is worth reading a body for. */
const tokenForm = /^[\w-]+\.[\w-]+\.[\w-]+$/;

/** Makes the call that a request asks for and answers it. Throws what shall be answered as a problem. */
export async function answerRest(exchange: Exchange, match: RouteMatch, options: RestOptions): Promise<void> {
  const { method } = match;
  const objection = options.admission.objectionTo(method.importance);
  if (objection !== undefined) throw objection;
  const body = mayHaveBody(exchange, method) ? exchange.body(options.bodies) : undefined;
  try {
    const knowing = callerOf(exchange, method, options);
    const caller = await (body === undefined ? knowing : Promise.race([knowing, body.failed]));
    if (caller !== undefined) body?.trust();
    const session = caller && (await sessionOf(exchange.bearer, caller, method, options));
    const response = await call(exchange, match, body && readJson(await body.whole), session, options.links);
    exchange.json(200, method.response.decodeJson(response));
  } finally {
    body?.drop();
  }
}

/** Whether a body would be read, by what the headers say: a stranger's is not, where the call is not for strangers. */
function mayHaveBody({ verb, bearer }: Exchange, { callers }: MethodSchema): boolean {
  if (!bodyVerbs.has(verb)) return false;
  return bearer === '' ? callers.includes('anyone') : bearer.length <= tokenLengthMax && tokenForm.test(bearer);
}

/** Who calls; undefined for calls that are anyone's, made without a token. */
async function callerOf(
  exchange: Exchange,
  method: MethodSchema,
  { verifier, limits }: RestOptions,
): Promise<RestCaller | undefined> {
  const token = exchange.bearer;
  if (token === '') {
    await limits.takeOfStranger(exchange.address);
    if (method.callers.includes('anyone')) return undefined;
    throw refuse('NOT_SIGNED_IN');
  }
  const caller = await verifier.verify(token).catch(async (error: unknown) => {
    await limits.takeOfStranger(exchange.address);
    throw error;
  });
  // Processes of the mesh have a way of their own; here they would be without the bounds of an account.
  exchange.caller = caller.key;
  if (caller.kind === 'user' || caller.kind === 'domain_server') return caller;
  throw refuse('CALLER_NOT_ALLOWED');
}

async function sessionOf(
  token: string,
  caller: RestCaller,
  method: MethodSchema,
  { sessions, limits }: RestOptions,
): Promise<LinkSession> {
  await limits.takeOfCaller(`${caller.kind} ${caller.key}`, method.cost);
  return sessions.of(token, caller.expiresAtMs);
}

function call(
  exchange: Exchange,
  match: RouteMatch,
  body: unknown,
  session: LinkSession | undefined,
  links: Links,
): Promise<Uint8Array> {
  const { method } = match;
  const request = restRequest(match, {
    query: exchange.query,
    idempotencyKey: exchange.header('idempotency-key'),
    ...(body === undefined ? {} : { body }),
  });
  return links.request({
    method,
    request: method.request.encodeJson(request),
    signal: exchange.signal,
    ...(session === undefined ? {} : { session, affinity: session.id }),
    traceparent: exchange.traceparent,
  });
}
