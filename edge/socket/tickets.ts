// Tickets: what a browser puts into a socket's URL instead of its token. Used once, within 30 s, from the same origin.

import { randomBytes } from 'node:crypto';
import { refuse } from '../../mesh/errors/refuse.ts';
import type { UserCaller } from '../../mesh/service/caller.ts';
import { ticketMs, ticketsMax } from '../limits.ts';

export type SignedIn = { readonly caller: UserCaller; readonly token: string };

type Ticket = SignedIn & { readonly origin: string; readonly untilMs: number };

export class Tickets {
  readonly #waiting = new Map<string, Ticket>();
  readonly #clock: () => number;

  constructor(clock: () => number) {
    this.#clock = clock;
  }

  /** `origin` is empty where the request named none. */
  issue(signedIn: SignedIn, origin: string): string {
    const now = this.#clock();
    for (const [id, { untilMs }] of this.#waiting) {
      if (untilMs > now && this.#waiting.size < ticketsMax) break;
      this.#waiting.delete(id);
    }
    const id = randomBytes(24).toString('base64url');
    this.#waiting.set(id, { ...signedIn, origin, untilMs: now + ticketMs });
    return id;
  }

  /** Throws TICKET_INVALID for one that is unknown, used, too old, or of another origin; it is used up either way. */
  use(id: string, origin: string): SignedIn {
    const ticket = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (ticket === undefined || ticket.untilMs <= this.#clock() || ticket.origin !== origin) {
      throw refuse('TICKET_INVALID');
    }
    return ticket;
  }
}
