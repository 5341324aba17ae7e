// What browsers are told about calls from pages of other origins.

import { refuse } from '../../mesh/errors/refuse.ts';
import type { Exchange } from './exchange.ts';
import { isOriginAllowed } from './origin.ts';

const preflightSeconds = 600;

/**
 * Adds the headers for the page's origin to the answer. Returns true when the request was a preflight and is answered.
 * Throws ORIGIN_NOT_ALLOWED for a page that may not.
 */
export function answerCors(exchange: Exchange, allowedOrigins: readonly string[]): boolean {
  const origin = exchange.header('origin');
  if (origin === '') return false;
  if (!isOriginAllowed(origin, exchange.header('host'), allowedOrigins)) {
    throw refuse('ORIGIN_NOT_ALLOWED', { metadata: { origin } });
  }
  exchange.withHeaders({
    'Access-Control-Allow-Origin': origin,
    'Access-Control-Expose-Headers': 'Retry-After, Allow',
    Vary: 'Origin',
  });
  if (exchange.verb !== 'OPTIONS') return false;
  const headers = {
    'Access-Control-Allow-Methods': 'GET, POST, PUT, PATCH, DELETE',
    'Access-Control-Allow-Headers': 'Authorization, Content-Type, Idempotency-Key, Traceparent',
    'Access-Control-Max-Age': String(preflightSeconds),
  };
  exchange.answer({ status: 204, headers, body: '' });
  return true;
}
