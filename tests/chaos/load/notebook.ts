// What the clients of a run write down. One notebook for all: they run in one process, by one clock.

import type { Acknowledged, Away, Fault, Gone, Read, Refusal, Seen, Sent, Told } from '../record.ts';

/** The process is held to have stood still when a timer came so much too late. */
const stallMs = 1_000;
const stallCheckMs = 200;

export class Notebook {
  readonly sent: Sent[] = [];
  readonly acknowledged: Acknowledged[] = [];
  readonly seen: Seen[] = [];
  readonly refusals: Refusal[] = [];
  readonly away: Away[] = [];
  /** Times in which this machine gave the clients no turn. */
  readonly stalls: Fault[] = [];
  readonly reads: Read[] = [];
  readonly told: Told[] = [];
  readonly gone: Gone[] = [];
  #startedAt = 0;
  #looks: NodeJS.Timeout | undefined;

  /** `startedAt`: when the run began, milliseconds since 1970. */
  begin(startedAt: number): void {
    this.#startedAt = startedAt;
    let last = this.now();
    this.#looks = setInterval(() => {
      const now = this.now();
      if (now - last > stallMs) this.stalls.push({ name: 'stall of the machine', from: last, to: now });
      last = now;
    }, stallCheckMs);
  }

  /** Milliseconds since the run began. */
  now(): number {
    return performance.timeOrigin + performance.now() - this.#startedAt;
  }

  close(): void {
    clearInterval(this.#looks);
  }
}
