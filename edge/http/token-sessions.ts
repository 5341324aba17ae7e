// Sessions on Links for HTTP calls: services know a caller by a session, and one token's calls share one.

import { randomBytes } from 'node:crypto';
import type { LinkSession, Links } from '../../mesh/caller/links.ts';
import { httpSessionsMax } from '../limits.ts';

type Kept = { readonly session: LinkSession; readonly untilMs: number };

export class TokenSessions {
  readonly #links: Links;
  readonly #clock: () => number;
  /** By token, the one used longest ago first. */
  readonly #kept = new Map<string, Kept>();
  readonly #tokenOf = new Map<string, string>();

  constructor(links: Links, clock: () => number) {
    this.#links = links;
    this.#clock = clock;
    links.onSessionEnd((id) => this.#drop(this.#tokenOf.get(id)));
  }

  /** The session of a token that was verified, and holds until then. */
  of(token: string, expiresAtMs: number): LinkSession {
    const known = this.#kept.get(token);
    if (known !== undefined) {
      this.#kept.delete(token);
      this.#kept.set(token, known);
      return known.session;
    }
    this.#makeRoom();
    const session = this.#links.openSession(`http-${randomBytes(12).toString('base64url')}`, token);
    this.#kept.set(token, { session, untilMs: expiresAtMs });
    this.#tokenOf.set(session.id, token);
    return session;
  }

  close(): void {
    for (const token of [...this.#kept.keys()]) this.#drop(token);
  }

  #makeRoom(): void {
    for (const [token, { untilMs }] of this.#kept) {
      if (untilMs > this.#clock() && this.#kept.size < httpSessionsMax) return;
      this.#drop(token);
    }
  }

  #drop(token: string | undefined): void {
    const kept = token === undefined ? undefined : this.#kept.get(token);
    if (token === undefined || kept === undefined) return;
    this.#kept.delete(token);
    this.#tokenOf.delete(kept.session.id);
    kept.session.end();
  }
}
