// All sockets of this edge: by place (for sweeps), by user (for rights) and by id (for services that end a session).

import type { Session } from './session.ts';

export class Sessions {
  readonly #all: Session[] = [];
  /** Those that services know. */
  readonly #byId = new Map<string, Session>();
  /** The first socket of each user; the others hang on it by `sibling`. */
  readonly #byUser = new Map<string, Session>();
  readonly #byAddress = new Map<string, number>();
  #count = 0;
  /** Bytes of the frames that are kept until it is known whose they are. */
  earlyBytes = 0;

  /** Open sockets, those among them whose user is not known yet. */
  get count(): number {
    return this.#count;
  }

  get all(): readonly Session[] {
    return this.#all;
  }

  byId(id: string): Session | undefined {
    return this.#byId.get(id);
  }

  /** Services know the session by its id from now on, and may end it. */
  introduce(session: Session): void {
    this.#byId.set(session.id, session);
  }

  *ofUser(userKey: string): Iterable<Session> {
    let next: Session | undefined = this.#byUser.get(userKey);
    while (next !== undefined) {
      const session: Session = next;
      next = session.sibling;
      yield session;
    }
  }

  countOfUser(userKey: string): number {
    let count = 0;
    for (const _ of this.ofUser(userKey)) count++;
    return count;
  }

  countOfAddress(address: string): number {
    return this.#byAddress.get(address) ?? 0;
  }

  /** A socket is open, though it may not be known yet whose it is. */
  enter(address: string): void {
    this.#count++;
    this.#byAddress.set(address, this.countOfAddress(address) + 1);
  }

  leave(address: string): void {
    this.#count--;
    const left = this.countOfAddress(address) - 1;
    if (left > 0) this.#byAddress.set(address, left);
    else this.#byAddress.delete(address);
  }

  add(session: Session): void {
    session.place = this.#all.push(session) - 1;
    session.sibling = this.#byUser.get(session.caller.key);
    this.#byUser.set(session.caller.key, session);
  }

  remove(session: Session): void {
    const last = this.#all.pop();
    if (last !== undefined && last !== session) {
      this.#all[session.place] = last;
      last.place = session.place;
    }
    session.place = -1;
    this.#byId.delete(session.id);
    this.#removeSibling(session);
  }

  #removeSibling(session: Session): void {
    const { key } = session.caller;
    const first = this.#byUser.get(key);
    if (first === session) {
      if (session.sibling === undefined) this.#byUser.delete(key);
      else this.#byUser.set(key, session.sibling);
    } else {
      for (let at = first; at !== undefined; at = at.sibling) {
        if (at.sibling === session) at.sibling = session.sibling;
      }
    }
    session.sibling = undefined;
  }
}
