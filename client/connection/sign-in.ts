// From the app's token to a socket's address: a browser's WebSocket carries no headers, so the token is first changed
// for a ticket that is good for one socket and 30 seconds.

import { CallError, type Failure } from '../call-error.ts';

const ticketMsMax = 10_000;

export type SignIn = {
  /** Where the edge answers, such as `https://mesh.example.com`. */
  readonly url: string;
  readonly fetch: typeof fetch;
};

/** The address for one socket. Rejects with a CallError: transient when the edge can't be reached or is too busy. */
export async function socketUrl(token: string, { url, fetch }: SignIn, signal: AbortSignal): Promise<string> {
  const response = await fetch(new URL('/api/auth/ticket', url), {
    method: 'POST',
    headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' },
    body: '{}',
    signal: AbortSignal.any([signal, AbortSignal.timeout(ticketMsMax)]),
  }).catch((error: unknown) => {
    throw unreachable(String(error));
  });
  const body = (await response.json().catch(() => ({}))) as Record<string, unknown>;
  if (!response.ok) throw refused(response.status, body);
  if (typeof body.ticket !== 'string') throw unreachable('The answer holds no ticket.');
  const socket = new URL('/ws', url);
  socket.protocol = socket.protocol === 'https:' ? 'wss:' : 'ws:';
  socket.searchParams.set('ticket', body.ticket);
  return socket.href;
}

/** When a JWT ends, in milliseconds since 1970; 0 when the token does not say. It is read for planning only. */
export function tokenExpiry(token: string): number {
  try {
    const payload = token.split('.')[1] ?? '';
    const claims = JSON.parse(atob(payload.replaceAll('-', '+').replaceAll('_', '/')));
    return typeof claims.exp === 'number' ? claims.exp * 1_000 : 0;
  } catch {
    return 0;
  }
}

function unreachable(message: string): CallError {
  return new CallError({ code: 'UNAVAILABLE', reason: 'CONNECTION_LOST', message });
}

function refused(status: number, body: Record<string, unknown>): CallError {
  if (typeof body.code === 'string' && typeof body.reason === 'string') {
    return new CallError({ message: '', ...body } as Failure);
  }
  // A proxy in between answers with a status alone.
  const code = status === 401 ? 'UNAUTHENTICATED' : status === 403 ? 'PERMISSION_DENIED' : 'UNAVAILABLE';
  return new CallError({ code, reason: 'SIGN_IN_REFUSED', message: `The edge answered ${status}.` });
}
