// The body of a request as parsed JSON.

import { refuse } from '../../mesh/errors/refuse.ts';

const decoder = new TextDecoder('utf-8', { fatal: true });

/** Undefined for an empty body. The content type is not asked: `curl -d` sends a wrong one. Throws INVALID_REQUEST. */
export function readJson(body: Uint8Array): unknown {
  if (body.length === 0) return undefined;
  try {
    return JSON.parse(decoder.decode(body));
  } catch {
    throw refuse('INVALID_REQUEST', { violations: [{ field: '', description: 'the body is not JSON' }] });
  }
}
