// The topics that one socket follows: three values each, in one flat array, since an idle socket must cost little.

import type { Topic } from './topic.ts';

const stride = 3;

export class Follows {
  /** topic, since, position; again and again. */
  #cells: (Topic | number)[] = [];

  get size(): number {
    return this.#cells.length / stride;
  }

  /** Gives back the room that a growing array keeps in advance. */
  fit(): void {
    this.#cells = this.#cells.slice();
  }

  clear(): void {
    this.#cells = [];
  }

  has(topic: Topic): boolean {
    return this.#cells.includes(topic);
  }

  add(topic: Topic, since: number, position: number): void {
    this.#cells.push(topic, since, position);
  }

  /** True when it was there. */
  remove(topic: Topic): boolean {
    const at = this.#cells.indexOf(topic);
    if (at < 0) return false;
    this.#cells.splice(at, stride);
    return true;
  }

  /** The number from which the right to the topic is valid; undefined: not followed. */
  since(topic: Topic): number | undefined {
    const at = this.#cells.indexOf(topic);
    return at < 0 ? undefined : (this.#cells[at + 1] as number);
  }

  /** The position that the socket was told; undefined: not followed. */
  position(topic: Topic): number | undefined {
    const at = this.#cells.indexOf(topic);
    return at < 0 ? undefined : (this.#cells[at + 2] as number);
  }

  /** A right that was read again. */
  renew(topic: Topic, since: number, position: number): void {
    const at = this.#cells.indexOf(topic);
    if (at < 0) return;
    this.#cells[at + 1] = since;
    this.#cells[at + 2] = position;
  }

  /** A copy, so that following and leaving in between is safe. */
  topics(): Topic[] {
    const topics: Topic[] = [];
    for (let at = 0; at < this.#cells.length; at += stride) topics.push(this.#cells[at] as Topic);
    return topics;
  }
}
