// Asks the edges again and again how many topics their head checks found behind, and notes when that number rose.

import type { History } from '../record.ts';

const everyMs = 1_000;
const withinMs = 900;

type Found = History['foundByHeadChecks'][number];

export class HeadChecks {
  readonly found: Found[] = [];
  /** How often an edge has told. */
  answers = 0;
  readonly #timer: NodeJS.Timeout;
  /** By the process that said so: one that starts again counts from 0. */
  readonly #counts = new Map<string, number>();

  constructor(adminUrls: () => ReadonlyMap<string, string>, now: () => number) {
    this.#timer = setInterval(() => {
      for (const [name, url] of adminUrls()) if (name.startsWith('edge')) void this.#ask(`${name} ${url}`, url, now);
    }, everyMs);
  }

  close(): void {
    clearInterval(this.#timer);
  }

  async #ask(edge: string, url: string, now: () => number): Promise<void> {
    const signal = AbortSignal.timeout(withinMs);
    const text = await fetch(`${url}/metrics`, { signal })
      .then((response) => response.text())
      .catch(() => '');
    const [, digits] = /^circuit_head_behind_total\S* (\d+)/m.exec(text) ?? [];
    if (digits === undefined) return;
    this.answers += 1;
    const before = this.#counts.get(edge) ?? 0;
    const count = Number(digits);
    this.#counts.set(edge, count);
    if (count > before) this.found.push({ at: now(), topics: count - before });
  }
}
