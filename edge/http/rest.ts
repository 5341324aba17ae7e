// REST: a verb and a path become an RPC by the descriptors' rules, its answer becomes JSON. No endpoint has code here.

import type { Verifier } from '../../mesh/auth/verifier.ts';
import type { LinkSession, Links } from '../../mesh/caller/links.ts';
import { refuse } from '../../mesh/errors/refuse.ts';
import type { Admission } from '../../mesh/overload/admission.ts';
import type { MethodSchema } from '../../mesh/schema/api.ts';
import { restRequest } from '../../mesh/schema/rest-request.ts';
import type { RouteMatch } from '../../mesh/schema/routes.ts';
import type { Exchange } from './exchange.ts';
import type { HttpLimits } from './http-limits.ts';
import { readJson } from './json-body.ts';
import type { TokenSessions } from './token-sessions.ts';

export type RestOptions = {
  readonly links: Links;
  readonly verifier: Verifier;
  readonly sessions: TokenSessions;
  readonly limits: HttpLimits;
  readonly admission: Admission;
};

const traceparentForm = /^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/;

/** Makes the call that a request asks for and answers it. Throws what shall be answered as a problem. */
export async function answerRest(
  exchange: Exchange,
  match: RouteMatch,
  body: Promise<Uint8Array> | undefined,
  options: RestOptions,
): Promise<void> {
  const { method } = match;
  const objection = options.admission.objectionTo(method.importance);
  if (objection !== undefined) throw objection;
  const session = await sessionFor(exchange, method, options);
  const parsed = body === undefined ? undefined : readJson(await body);
  const request = restRequest(match, {
    query: exchange.query,
    idempotencyKey: exchange.header('idempotency-key'),
    ...(parsed === undefined ? {} : { body: parsed }),
  });
  const traceparent = exchange.header('traceparent');
  const response = await options.links.request({
    method,
    request: method.request.encodeJson(request),
    signal: exchange.signal,
    ...(session === undefined ? {} : { session, affinity: session.id }),
    ...(traceparentForm.test(traceparent) ? { traceparent } : {}),
  });
  exchange.json(200, method.response.decodeJson(response));
}

/** The caller's session; undefined for calls that are anyone's, made without a token. */
async function sessionFor(
  exchange: Exchange,
  method: MethodSchema,
  { verifier, sessions, limits }: RestOptions,
): Promise<LinkSession | undefined> {
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
  await limits.takeOfCaller(`${caller.kind} ${caller.key}`, method.cost);
  return sessions.of(token, 'expiresAtMs' in caller ? caller.expiresAtMs : 0);
}
