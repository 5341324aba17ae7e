// How hard a process is pressed: by its event loop, which gets around to its work late, and by its memory. Short bursts
// do not count: what is measured is the least delay within a window, so that only a queue that stands is pressure.

import { getHeapStatistics } from 'node:v8';

/** 0: not pressed; 1: what is of low importance is given up; 2: all that is not of high; 3: everything. */
export type Level = 0 | 1 | 2 | 3;

/** From where on a measure means level 1, 2 and 3. */
export type Thresholds = readonly [number, number, number];

export const loopDelayMs: Thresholds = [100, 400, 1_500];
/** Of what the process may have. */
export const memoryShare: Thresholds = [0.85, 0.92, 0.97];
/** A level is left when the measure has fallen below this share of its threshold: else it would come and go. */
const leaveShare = 0.7;

const sampleMs = 50;
const windowMs = 500;
/** One long turn of the loop, such as one collection of garbage, is not a window. */
const samplesMin = 3;

export type PressureOptions = {
  readonly loopDelayMs?: Thresholds;
  readonly memoryShare?: Thresholds;
  readonly onChange: (cause: 'loop' | 'memory', level: Level) => void;
};

export class Pressure {
  readonly #options: PressureOptions;
  readonly #timer: NodeJS.Timeout;
  readonly #memoryBound = memoryBound();
  #lastSampleMs = performance.now();
  #windowStartMs = this.#lastSampleMs;
  #samples = 0;
  #leastDelayMs = Number.POSITIVE_INFINITY;
  #loop: Level = 0;
  #memory: Level = 0;

  constructor(options: PressureOptions) {
    this.#options = options;
    this.#timer = setInterval(() => this.#sample(), sampleMs);
    this.#timer.unref();
  }

  get level(): Level {
    return Math.max(this.#loop, this.#memory) as Level;
  }

  close(): void {
    clearInterval(this.#timer);
  }

  #sample(): void {
    const now = performance.now();
    this.#leastDelayMs = Math.min(this.#leastDelayMs, Math.max(0, now - this.#lastSampleMs - sampleMs));
    this.#lastSampleMs = now;
    this.#samples += 1;
    if (now - this.#windowStartMs < windowMs || this.#samples < samplesMin) return;
    this.#judge(this.#leastDelayMs, memoryUsed(this.#memoryBound));
    this.#windowStartMs = now;
    this.#samples = 0;
    this.#leastDelayMs = Number.POSITIVE_INFINITY;
  }

  #judge(delayMs: number, share: number): void {
    const { onChange } = this.#options;
    const loop = nextLevel(this.#loop, delayMs, this.#options.loopDelayMs ?? loopDelayMs);
    const memory = nextLevel(this.#memory, share, this.#options.memoryShare ?? memoryShare);
    const [loopChanged, memoryChanged] = [loop !== this.#loop, memory !== this.#memory];
    this.#loop = loop;
    this.#memory = memory;
    if (loopChanged) onChange('loop', loop);
    if (memoryChanged) onChange('memory', memory);
  }
}

/** Rises at once to where the measure stands; falls by one level at a time. */
export function nextLevel(level: Level, measure: number, thresholds: Thresholds): Level {
  const reached = thresholds.filter((threshold) => measure >= threshold).length as Level;
  if (reached >= level) return reached;
  const leaveBelow = (thresholds[level - 1] as number) * leaveShare;
  return measure < leaveBelow ? ((level - 1) as Level) : level;
}

/** The larger share of what V8 may use for its heap, and of what the process may use where that is bounded. */
export function memoryUsed(bound: number): number {
  const { used_heap_size, heap_size_limit } = getHeapStatistics();
  const heap = used_heap_size / heap_size_limit;
  return bound === 0 ? heap : Math.max(heap, process.memoryUsage.rss() / bound);
}

/** What the system lets this process use, in bytes; 0 where it sets no bound, or does not tell. */
export function memoryBound(): number {
  try {
    const bound = process.constrainedMemory();
    // Without a bound, systems tell a number that no machine has.
    return bound > 2 ** 50 ? 0 : bound;
  } catch {
    // Deno asks for a permission that services do not have, and older runtimes lack it.
    return 0;
  }
}
