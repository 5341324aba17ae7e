// Looks at every socket once a second, in slices: is its token still good, does it read what it is sent.
// It runs outside the callbacks of uWebSockets, where ending a socket is safe.

import { bufferedBytesMax, sweepSlices } from '../limits.ts';
import type { CloseName } from './close-codes.ts';
import type { Session } from './session.ts';
import type { Sessions } from './sessions.ts';

export type SweepOptions = {
  readonly sessions: Sessions;
  /** Milliseconds since 1970. */
  readonly clock: () => number;
  readonly end: (session: Session, name: CloseName) => void;
};

export class Sweep {
  readonly #options: SweepOptions;
  #at = 0;
  #bytesSoFar = 0;
  /** Bytes that waited in all sockets when they were last looked at. */
  bufferedBytes = 0;

  constructor(options: SweepOptions) {
    this.#options = options;
  }

  /** One slice. Goes from the end to the front, since the last socket takes the place of one that is ended. */
  step(): void {
    const { sessions, clock } = this.#options;
    const now = clock();
    const stop = Math.max(0, this.#at - Math.ceil(sessions.all.length / sweepSlices));
    for (let place = Math.min(this.#at, sessions.all.length) - 1; place >= stop; place--) {
      const session = sessions.all[place];
      if (session !== undefined) this.#look(session, now);
    }
    this.#at = stop;
    if (this.#at > 0) return;
    this.bufferedBytes = this.#bytesSoFar;
    this.#bytesSoFar = 0;
    this.#at = sessions.all.length;
  }

  #look(session: Session, nowMs: number): void {
    const buffered = session.ws?.getBufferedAmount() ?? 0;
    this.#bytesSoFar += buffered;
    if (buffered > bufferedBytesMax) this.#options.end(session, 'SLOW_READER');
    else if (session.caller.expiresAtMs <= nowMs) this.#options.end(session, 'TOKEN_EXPIRED');
  }
}
