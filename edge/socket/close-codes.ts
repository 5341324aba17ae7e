// Why the edge ends a socket. The number alone tells the app what to do: 4000–4499 reconnect with back-off,
// 4500–4999 do not. docs/protocol.md has a row for each; a test holds the two together.

export const closeCodes = {
  EDGE_DRAINING: { code: 4000, meaning: 'This edge is going away; reconnect after the time that the reason names.' },
  SLOW_READER: { code: 4001, meaning: 'More than 256 KiB waited for this socket; reconnect and resume.' },
  NOT_OPENED: { code: 4002, meaning: 'The session could not be opened in time, since a service is away; reconnect.' },
  TOKEN_EXPIRED: { code: 4003, meaning: 'The token has ended; reconnect with a fresh one.' },
  TOO_MANY_SOCKETS: { code: 4004, meaning: 'This user has as many sockets as one may have; close another.' },
  TOKEN_INVALID: { code: 4500, meaning: 'The token is not valid, or the session was revoked; sign in again.' },
  FRAME_TOO_LARGE: { code: 4501, meaning: 'A frame was larger than the limit that hello names.' },
  MALFORMED_FRAMES: {
    code: 4502,
    meaning: 'Frame after frame could not be read; the app does not speak the protocol.',
  },
  ANOTHER_USER: { code: 4503, meaning: 'auth.refresh presented a token of another user or account.' },
  TOO_EARLY: { code: 4504, meaning: 'More was sent before hello than the edge keeps; wait for hello.' },
  NOT_ALLOWED: {
    code: 4505,
    meaning:
      'No socket is for who signed in: somebody of another account, or a domain server, which calls over REST or gRPC.',
  },
} as const satisfies Record<string, { readonly code: number; readonly meaning: string }>;

export type CloseName = keyof typeof closeCodes;

/** The close frame's reason: the name, and where it helps, how long to wait; at most 123 bytes. */
export function closeReason(name: CloseName, retryAfterMs = 0): string {
  return retryAfterMs > 0 ? `${name} retry_after_ms=${Math.ceil(retryAfterMs)}` : name;
}
