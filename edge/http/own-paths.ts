// What the edge itself answers over HTTP beside the API's calls, as OpenAPI tells it: tickets, health, the dev login.

import type { Schema } from '../../mesh/schema/documents/json-schema.ts';
import { ticketMs } from '../limits.ts';

const text = { type: 'string' };
const id = { type: 'string', pattern: '^[0-9]{12}$' };
const problem = { $ref: '#/components/responses/Problem' };

/** By path and verb. `devLogin`: this edge serves the login of dev mode. */
export function ownPaths({ devLogin }: { readonly devLogin: boolean }): Schema {
  return {
    '/api/auth/ticket': { post: ticket },
    ...(devLogin && { '/api/auth/dev-login': { post: login } }),
    '/healthz': { get: health('Says that the process runs.', 'ok') },
    '/readyz': { get: health('Says that the edge may be sent work; 503 where it may not.', 'ready') },
  };
}

const ticket: Schema = {
  operationId: 'IssueTicket',
  tags: ['edge'],
  description: `Gives a ticket for one WebSocket, \`/ws?ticket=…\`, of a page of the same origin.\n\nFor: user.`,
  responses: {
    200: answer({ ticket: text, expires_in_ms: { type: 'integer', const: ticketMs } }),
    default: problem,
  },
  security: [{ bearer: [] }],
};

const login: Schema = {
  operationId: 'DevLogin',
  tags: ['edge'],
  description: 'In dev mode only: a token of any user, for the asking.\n\nFor: anyone.',
  requestBody: {
    required: true,
    content: { 'application/json': { schema: objectOf({ user_key: id }) } },
  },
  responses: {
    200: answer({ token: text, user: objectOf({ user_key: id, account_key: id, display_name: text }) }),
    default: problem,
  },
};

function health(description: string, status: string): Schema {
  return {
    tags: ['edge'],
    description,
    responses: { 200: answer({ status: { const: status } }), 503: answer({ status: text }) },
  };
}

function answer(properties: Schema): Schema {
  return { description: 'The answer.', content: { 'application/json': { schema: objectOf(properties) } } };
}

function objectOf(properties: Schema): Schema {
  return { type: 'object', properties, required: Object.keys(properties) };
}
