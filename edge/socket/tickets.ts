// Tickets: what a browser puts into a WebSocket's URL instead of its token. Used once, within 30 s, from the same
// origin; at any edge, where edges know something together.

import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto';
import { refuse } from '../../mesh/errors/refuse.ts';
import type { UserCaller } from '../../mesh/service/caller.ts';
import type { Shared } from '../../mesh/shared/shared.ts';
import { ticketMs, ticketsMax } from '../limits.ts';

export type SignedIn = { readonly caller: UserCaller; readonly token: string };

type Ticket = SignedIn & { readonly origin: string; readonly untilMs: number };

/** A ticket's shape: what has another is not looked for. */
const shape = /^[A-Za-z0-9_-]{32}$/;
const cipher = 'aes-256-gcm';
const nonceBytes = 12;
const tagBytes = 16;

export class Tickets {
  readonly #waiting = new Map<string, Ticket>();
  readonly #clock: () => number;
  readonly #shared: Shared;

  constructor(clock: () => number, shared: Shared) {
    this.#clock = clock;
    this.#shared = shared;
  }

  /** `origin` is empty where the request named none. It is kept in one place only, so that it is used once. */
  async issue(signedIn: SignedIn, origin: string): Promise<string> {
    const id = randomBytes(24).toString('base64url');
    const sealed = seal(id, JSON.stringify({ token: signedIn.token, origin }));
    if (await this.#shared.put(placeOf(id), sealed, ticketMs)) return id;
    const now = this.#clock();
    for (const [old, { untilMs }] of this.#waiting) {
      if (untilMs > now && this.#waiting.size < ticketsMax) break;
      this.#waiting.delete(old);
    }
    this.#waiting.set(id, { ...signedIn, origin, untilMs: now + ticketMs });
    return id;
  }

  /**
   * What a ticket stands for that is kept here; undefined where it may be kept elsewhere. Throws TICKET_INVALID for one
   * that is too old, of another origin, or no ticket at all; it is used up either way.
   */
  use(id: string, origin: string): SignedIn | undefined {
    const ticket = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (ticket === undefined && shape.test(id) && this.#shared.reachable) return undefined;
    if (ticket === undefined || ticket.untilMs <= this.#clock() || ticket.origin !== origin) {
      throw refuse('TICKET_INVALID');
    }
    return ticket;
  }

  /** The token that a ticket kept elsewhere stands for. Throws TICKET_INVALID; it is used up either way. */
  async tokenOf(id: string, origin: string): Promise<string> {
    const sealed = await this.#shared.take(placeOf(id));
    if (sealed === undefined) throw refuse('TICKET_INVALID');
    const kept = JSON.parse(open(id, sealed)) as { readonly token: string; readonly origin: string };
    if (kept.origin !== origin) throw refuse('TICKET_INVALID');
    return kept.token;
  }
}

/** Where it is kept: whoever reads there learns neither the ticket nor the token. */
function placeOf(id: string): string {
  return `ticket:${createHash('sha256').update(`place ${id}`).digest('hex')}`;
}

function keyOf(id: string): Buffer {
  return createHash('sha256').update(`key ${id}`).digest();
}

function seal(id: string, text: string): Buffer {
  const nonce = randomBytes(nonceBytes);
  const sealing = createCipheriv(cipher, keyOf(id), nonce);
  return Buffer.concat([nonce, sealing.update(text, 'utf8'), sealing.final(), sealing.getAuthTag()]);
}

function open(id: string, sealed: Buffer): string {
  const opening = createDecipheriv(cipher, keyOf(id), sealed.subarray(0, nonceBytes));
  opening.setAuthTag(sealed.subarray(-tagBytes));
  return opening.update(sealed.subarray(nonceBytes, -tagBytes), undefined, 'utf8') + opening.final('utf8');
}
