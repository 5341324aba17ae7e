// What will be broken, when, and for how long: drawn from the seed alone, so that a run can be had again. Storms, in
// which faults follow and overlap each other, and calms, in which everything must be as if nothing had happened.

import { between, oneOf, type Random, seeded } from '../random.ts';

export type FaultKind = 'kill' | 'roll' | 'pause' | 'cut' | 'hang' | 'clock' | 'disk-full' | 'lost-answers';

export type Step = {
  /** From the beginning of the run. */
  readonly atMs: number;
  readonly kind: FaultKind;
  /** A process, or a wire `from>to`. */
  readonly target: string;
  /** How long it stays broken, down or paused; 0: it passes at once. */
  readonly forMs: number;
  /** Of a clock: by how much it is set off. Of lost answers: how many. */
  readonly by?: number;
};

/** What there is to break. */
export type Targets = {
  readonly processes: readonly string[];
  /** Processes whose clock may be set. */
  readonly clocks: readonly string[];
  readonly wires: readonly string[];
  readonly disk: boolean;
};

export type ScheduleOptions = { readonly seed: number; readonly seconds: number; readonly targets: Targets };

type Kind = {
  readonly kind: FaultKind;
  /** How often it is drawn, beside the others. */
  readonly weight: number;
  readonly on: (targets: Targets) => readonly string[];
  readonly forMs: readonly [number, number];
  readonly by?: readonly [number, number];
};

const kinds: readonly Kind[] = [
  { kind: 'kill', weight: 6, on: ({ processes }) => processes, forMs: [100, 3_000] },
  { kind: 'roll', weight: 2, on: ({ processes }) => processes, forMs: [0, 1_000] },
  { kind: 'pause', weight: 3, on: ({ processes }) => processes, forMs: [500, 8_000] },
  { kind: 'cut', weight: 5, on: ({ wires }) => wires, forMs: [0, 4_000] },
  { kind: 'hang', weight: 4, on: ({ wires }) => wires, forMs: [500, 8_000] },
  { kind: 'clock', weight: 2, on: ({ clocks }) => clocks, forMs: [1_000, 15_000], by: [-20_000, 20_000] },
  { kind: 'disk-full', weight: 1, on: ({ disk }) => (disk ? ['store'] : []), forMs: [500, 4_000] },
  { kind: 'lost-answers', weight: 3, on: () => ['store'], forMs: [0, 0], by: [1, 20] },
];

/** Before the first fault, so that everybody is there. */
export const firstMs = 4_000;
/** A storm, and the calm after it, which is longer than everything the mesh may take to mend itself. */
export const stormMs = 30_000;
export const calmMs = 24_000;
/** From the start of one fault to that of the next. */
const pauseMs: readonly [number, number] = [500, 4_000];
/** A target is left alone for so long after a fault: a restart takes its time. */
const settleMs = 3_000;

export function scheduleOf({ seed, seconds, targets }: ScheduleOptions): readonly Step[] {
  const random = seeded(seed);
  const endMs = seconds * 1_000 - calmMs;
  const steps: Step[] = [];
  const busyUntil = new Map<string, number>();
  for (let atMs = firstMs; ; atMs += between(random, ...pauseMs)) {
    if ((atMs - firstMs) % (stormMs + calmMs) >= stormMs) {
      atMs += calmMs - ((atMs - firstMs) % (stormMs + calmMs)) + stormMs;
    }
    if (atMs >= endMs) return steps;
    const step = draw(random, atMs, targets);
    const { target, forMs } = step;
    // One thing at a time for each target: what is dead cannot be paused.
    if ((busyUntil.get(target) ?? 0) > atMs) continue;
    busyUntil.set(target, atMs + forMs + settleMs);
    steps.push(step);
  }
}

function draw(random: Random, atMs: number, targets: Targets): Step {
  const possible = kinds.filter(({ on }) => on(targets).length > 0);
  const kind = oneOf(
    random,
    possible.flatMap((each) => Array.from({ length: each.weight }, () => each)),
  );
  const target = oneOf(random, kind.on(targets));
  const forMs = between(random, ...kind.forMs);
  return {
    atMs,
    kind: kind.kind,
    target,
    forMs,
    ...(kind.by === undefined ? {} : { by: between(random, ...kind.by) }),
  };
}

/** One line for people: `  12.4 s  kill chat-1 for 0.8 s`. */
export function told({ atMs, kind, target, forMs, by }: Step): string {
  const seconds = (ms: number) => `${(ms / 1_000).toFixed(1)} s`;
  const amount = by === undefined ? '' : kind === 'clock' ? ` by ${seconds(by)}` : ` ${by} times`;
  return `${seconds(atMs).padStart(8)}  ${kind} ${target}${amount}${forMs > 0 ? ` for ${seconds(forMs)}` : ''}`;
}
