// REST: a verb and a path become an RPC by the descriptors' rules, its answer becomes JSON. No endpoint has code here.

import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
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
import { readJson } from './json-body.ts';
import type { BodyBounds } from './stranger-share.ts';
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
  if (method.partOffset !== '' && mayHaveBody(exchange, method)) return answerParts(exchange, match, options);
  const body = mayHaveBody(exchange, method) ? exchange.body(options.bodies) : undefined;
  try {
    const knowing = callerOf(exchange, method, options);
    const caller = await (body === undefined ? knowing : Promise.race([knowing, body.failed]));
    if (caller !== undefined) body?.trust();
    const session = caller && (await sessionOf(exchange.bearer, caller, method, options));
    const request = method.request.encodeJson(requestOf(exchange, match, body && readJson(await body.whole)));
    const response = await call(exchange, method, request, session, options.links);
    exchange.json(200, method.response.decodeJson(response));
  } finally {
    body?.drop();
  }
}

/** A body of bytes, however long: one call after the other, each with the part that follows and where it begins. */
async function answerParts(exchange: Exchange, match: RouteMatch, options: RestOptions): Promise<void> {
  const { method, binding } = match;
  const { number = 0 } = method.request.shape.byName.get(binding.body) ?? {};
  const parts = exchange.parts(options.bodies);
  try {
    const caller = await callerOf(exchange, method, options);
    const session = caller && (await sessionOf(exchange.bearer, caller, method, options));
    parts.trust();
    const members = requestOf(exchange, match, undefined);
    let offset = members[method.partOffset] ?? 0;
    let response: Uint8Array | undefined;
    for (let part = await parts.next(); part !== undefined || response === undefined; part = await parts.next()) {
      const rest = method.request.encodeJson({ ...members, [method.partOffset]: offset });
      const request = part === undefined ? rest : withBytes(rest, number, part);
      response = await call(exchange, method, request, session, options.links);
      offset = Number(offset) + (part?.length ?? 0);
    }
    exchange.json(200, method.response.decodeJson(response));
  } finally {
    parts.drop();
  }
}

/** An encoded message with one more field of bytes. */
function withBytes(message: Uint8Array, number: number, bytes: Uint8Array): Uint8Array {
  return new BinaryWriter().raw(message).tag(number, WireType.LengthDelimited).bytes(bytes).finish();
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
  exchange.caller = caller.key;
  // Processes of the mesh have a way of their own; here they would be without the bounds of an account.
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

function requestOf(exchange: Exchange, match: RouteMatch, body: unknown): Record<string, unknown> {
  return restRequest(match, {
    query: exchange.query,
    idempotencyKey: exchange.header('idempotency-key'),
    ...(body === undefined ? {} : { body }),
  });
}

function call(
  exchange: Exchange,
  method: MethodSchema,
  request: Uint8Array,
  session: LinkSession | undefined,
  links: Links,
): Promise<Uint8Array> {
  return links.request({
    method,
    request,
    signal: exchange.signal,
    ...(session === undefined ? {} : { session, affinity: session.id }),
    traceparent: exchange.traceparent,
  });
}
