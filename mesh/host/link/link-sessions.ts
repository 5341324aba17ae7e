// The sessions of one Link at the service: each opened by the token of a user or a domain server, verified once here.
// Calls that come while a token is being verified wait for it, in order; a session that has ended answers nothing any
// more. Processes of the mesh have none: an edge's own calls name no session.

import type { Verifier } from '../../auth/verifier.ts';
import type { CircuitError } from '../../errors/circuit-error.ts';
import { coerce } from '../../errors/coerce.ts';
import { refuse } from '../../errors/refuse.ts';
import type { Caller, DomainServerCaller, UserCaller } from '../../service/caller.ts';

/** Sessions of one Link, at most: twice what one edge holds sockets. */
export const sessionsMax = 200_000;
/** When to try again, for a call whose session could not be verified. */
const retryAfterMs = 1_000;

/** UNVERIFIED: the token could not be checked now; the edge presents it again. */
export type SessionEnd = 'TOKEN_EXPIRED' | 'TOKEN_INVALID' | 'UNVERIFIED';

/** In whose name a session can be. */
type SessionCaller = UserCaller | DomainServerCaller;

/** Given the verified caller, or why there is none. */
export type WithCaller = (caller: SessionCaller | undefined, error: CircuitError | undefined) => void;

type Session = {
  caller: SessionCaller | undefined;
  /** Why it answers no more. */
  error: CircuitError | undefined;
  /** Verifications under way. While there are any, calls wait. */
  verifying: number;
  /** Ends when the latest token has been verified; they take effect in the order presented. */
  verified: Promise<void>;
  waiting: WithCaller[];
};

export type LinkSessionsOptions = {
  readonly verifier: Verifier;
  readonly clock: () => number;
  /** Told once for each session that ends here. */
  readonly onEnd: (session: number, reason: SessionEnd) => void;
};

export class LinkSessions {
  readonly #options: LinkSessionsOptions;
  readonly #sessions = new Map<number, Session>();

  constructor(options: LinkSessionsOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#sessions.size;
  }

  /** A token for a session: the first opens it, a later one renews it and must be the same caller's. */
  present(number: number, token: string): void {
    let session = this.#sessions.get(number);
    if (session === undefined) {
      if (this.#sessions.size >= sessionsMax) {
        this.#options.onEnd(number, 'UNVERIFIED');
        return;
      }
      session = { caller: undefined, error: undefined, verifying: 0, verified: Promise.resolve(), waiting: [] };
      this.#sessions.set(number, session);
    }
    if (session.error !== undefined) return;
    const opened = session;
    opened.verifying += 1;
    opened.verified = opened.verified.then(() => this.#verify(number, opened, token));
  }

  /** The session's caller where that can be said at once; else undefined, and `withCaller` tells when or why not. */
  known(number: number): SessionCaller | undefined {
    const session = this.#sessions.get(number);
    if (session === undefined || session.verifying > 0) return undefined;
    const { caller } = session;
    return caller !== undefined && caller.expiresAtMs > this.#options.clock() ? caller : undefined;
  }

  /** Calls back with the session's caller: at once if it is known, else when its token has been verified. */
  withCaller(number: number, then: WithCaller): void {
    const session = this.#sessions.get(number);
    if (session === undefined) then(undefined, refuse('UNAVAILABLE', { retryAfterMs }));
    else if (session.verifying > 0) session.waiting.push(then);
    else this.#answer(number, session, then);
  }

  /** The edge has ended it. */
  forget(number: number): void {
    const session = this.#sessions.get(number);
    this.#sessions.delete(number);
    if (session === undefined) return;
    session.error ??= refuse('CANCELLED');
    this.#release(number, session);
  }

  /** Ends the sessions whose token has expired; to be called every now and then. */
  sweep(): void {
    const now = this.#options.clock();
    for (const [number, session] of this.#sessions) {
      if (session.verifying > 0 || session.error !== undefined) continue;
      if (session.caller !== undefined && session.caller.expiresAtMs <= now)
        this.#end(number, session, 'TOKEN_EXPIRED');
    }
  }

  /** Ends the sessions of a token's session id (see `UserCaller.sessionId`). */
  revoke(sessionId: string): void {
    for (const [number, session] of this.#sessions) {
      const { caller, error } = session;
      if (caller?.kind === 'user' && caller.sessionId === sessionId && !error)
        this.#end(number, session, 'TOKEN_INVALID');
    }
  }

  close(): void {
    for (const number of [...this.#sessions.keys()]) this.forget(number);
  }

  async #verify(number: number, session: Session, token: string): Promise<void> {
    try {
      const caller = await this.#options.verifier.verify(token);
      if (session.error === undefined) this.#accept(number, session, caller);
    } catch (thrown) {
      const error = coerce(thrown);
      if (session.error === undefined) this.#refused(number, session, error);
    }
    session.verifying -= 1;
    if (session.verifying === 0) this.#release(number, session);
  }

  #accept(number: number, session: Session, caller: Caller): void {
    const before = session.caller;
    const fits = mayHaveSession(caller) && (before === undefined || isSame(before, caller));
    if (fits) session.caller = caller;
    else this.#end(number, session, 'TOKEN_INVALID');
  }

  #refused(number: number, session: Session, error: CircuitError): void {
    if (error.reason === 'TOKEN_EXPIRED' || error.reason === 'TOKEN_INVALID') {
      this.#end(number, session, error.reason);
    } else if (session.caller === undefined) {
      session.error = error;
      this.#sessions.delete(number);
      this.#options.onEnd(number, 'UNVERIFIED');
    }
  }

  #release(number: number, session: Session): void {
    const waiting = session.waiting;
    session.waiting = [];
    for (const then of waiting) this.#answer(number, session, then);
  }

  #answer(number: number, session: Session, then: WithCaller): void {
    const { caller } = session;
    if (caller !== undefined && session.error === undefined && caller.expiresAtMs <= this.#options.clock()) {
      this.#end(number, session, 'TOKEN_EXPIRED');
    }
    if (session.error !== undefined) then(undefined, session.error);
    else then(caller, undefined);
  }

  #end(number: number, session: Session, reason: 'TOKEN_EXPIRED' | 'TOKEN_INVALID'): void {
    // It stays until the edge forgets it, so that calls on their way are told why.
    session.error = refuse(reason);
    session.caller = undefined;
    this.#options.onEnd(number, reason);
  }
}

function mayHaveSession(caller: Caller): caller is SessionCaller {
  return caller.kind === 'user' || caller.kind === 'domain_server';
}

function isSame(one: SessionCaller, other: SessionCaller): boolean {
  if (one.kind !== other.kind || one.key !== other.key) return false;
  return one.kind !== 'user' || other.kind !== 'user' || one.accountKey === other.accountKey;
}
