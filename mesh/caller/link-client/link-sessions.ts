// The sessions that one Link knows, by their numbers there. A session is opened on a Link by its first call on it.

import type { LinkSession } from '../links.ts';

export class SharedSession implements LinkSession {
  readonly id: string;
  /** Shared by all sessions: an edge holds thousands. */
  readonly #on: SharedSessionEvents;
  #token: string;
  #ended = false;

  constructor(id: string, token: string, on: SharedSessionEvents) {
    this.id = id;
    this.#token = token;
    this.#on = on;
  }

  get token(): string {
    return this.#token;
  }

  get over(): boolean {
    return this.#ended;
  }

  renew(token: string): void {
    if (this.#ended) return;
    this.#token = token;
    this.#on.renewed(this);
  }

  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#on.ended(this);
  }
}

export type SharedSessionEvents = {
  readonly renewed: (session: SharedSession) => void;
  readonly ended: (session: SharedSession) => void;
};

/** Numbers of sessions on one Link. */
export class SessionNumbers {
  readonly #numbers = new Map<SharedSession, number>();
  readonly #sessions = new Map<number, SharedSession>();
  #last = 0;

  numberOf(session: SharedSession): number | undefined {
    return this.#numbers.get(session);
  }

  sessionOf(number: number): SharedSession | undefined {
    return this.#sessions.get(number);
  }

  add(session: SharedSession): number {
    this.#last += 1;
    this.#numbers.set(session, this.#last);
    this.#sessions.set(this.#last, session);
    return this.#last;
  }

  remove(session: SharedSession): void {
    const number = this.#numbers.get(session);
    if (number === undefined) return;
    this.#numbers.delete(session);
    this.#sessions.delete(number);
  }
}
