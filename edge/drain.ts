// Empties an edge that is going away: its sockets are ended in random order, evenly over the drain time, each told when
// to reconnect, so that the other edges see a trickle and not a wave.

import { setTimeout as delay } from 'node:timers/promises';
import type { Sessions } from './socket/sessions.ts';
import { endSession } from './socket/socket-server.ts';

const stepMs = 50;
/** Those who reconnect spread over this time on top of the drain's own spread. */
const spreadMs = 2_000;

/** Resolves when no socket is left, or at once when the signal ends it. */
export async function drainSessions(sessions: Sessions, drainMs: number, signal: AbortSignal): Promise<void> {
  const started = performance.now();
  const total = sessions.all.length;
  while (sessions.all.length > 0 && !signal.aborted) {
    const left = Math.max(0, 1 - (performance.now() - started) / drainMs);
    const tooMany = sessions.all.length - Math.floor(total * left);
    for (let n = 0; n < tooMany; n++) {
      const session = sessions.all[Math.floor(Math.random() * sessions.all.length)];
      if (session !== undefined) endSession(session, 'EDGE_DRAINING', 1 + Math.random() * spreadMs);
    }
    await delay(stepMs, undefined, { signal }).catch(() => {});
  }
}
