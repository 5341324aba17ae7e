// What a close code tells a client. The number alone decides: from 4500 on it is over.

/** The edge's codes below this ask to come back, those from it on do not. */
export const terminalFrom = 4500;

/** Why this client closed a socket itself. */
export const closedByApp = 1000;
export const silentPeer = 4000;

/** 1008 and below come from the network, proxies and browsers: all of them are worth another try. */
export function isTerminal(code: number): boolean {
  return code >= terminalFrom && code <= 4999;
}

/** The wait that the edge suggests in a close reason, `{"retry_after_ms":1200}` or `… retry_after_ms=1200`; 0: none. */
export function suggestedDelayMs(reason: string): number {
  const found = /retry_after_ms"?\s*[:=]\s*(\d{1,7})/.exec(reason);
  return found === null ? 0 : Number(found[1]);
}
