// Who lost which topic lately: a session whose rights were read before a removal and joined after it must not follow.

import { revocationMs, revocationsMax } from '../limits.ts';

type Revocation = { readonly key: string; readonly seq: number; readonly atMs: number };

export class Revocations {
  /** The latest by user and topic; the oldest first. */
  readonly #latest = new Map<string, Revocation>();
  /** Rights read before this time must be read again: more was revoked since than is remembered. */
  #forgottenMs = 0;

  add(userKey: string, topic: string, seq: number, nowMs: number): void {
    const key = `${userKey} ${topic}`;
    const known = this.#latest.get(key);
    if (known !== undefined) this.#latest.delete(key);
    this.#latest.set(key, { key, seq: Math.max(seq, known?.seq ?? 0), atMs: nowMs });
    if (this.#latest.size > revocationsMax) this.#forgetOldest();
  }

  /** The number at which this user last lost this topic; 0: not lately. */
  latest(userKey: string, topic: string): number {
    return this.#latest.get(`${userKey} ${topic}`)?.seq ?? 0;
  }

  /** True while every revocation since then is remembered. */
  covers(sinceMs: number): boolean {
    return sinceMs > this.#forgottenMs;
  }

  expire(nowMs: number): void {
    for (const { key, atMs } of this.#latest.values()) {
      if (atMs >= nowMs - revocationMs) return;
      this.#latest.delete(key);
      this.#forgottenMs = Math.max(this.#forgottenMs, atMs);
    }
  }

  #forgetOldest(): void {
    const oldest = this.#latest.values().next().value;
    if (oldest === undefined) return;
    this.#latest.delete(oldest.key);
    this.#forgottenMs = Math.max(this.#forgottenMs, oldest.atMs);
  }
}
