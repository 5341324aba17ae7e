// Breaks the mesh as the schedule says, and mends what it broke. Notes for each fault when it began and when it was
// over: for a process that was down, when it listened again.

import { setTimeout as delay } from 'node:timers/promises';
import type { ChaosMesh } from '../mesh/chaos-mesh.ts';
import { loseAnswers } from '../mesh/lost-answers.ts';
import type { Wire } from '../proxy.ts';
import type { Fault } from '../record.ts';
import { type FaultKind, type Step, told } from './schedule.ts';

export type NemesisOptions = {
  readonly mesh: ChaosMesh;
  /** Milliseconds since the run began. */
  readonly now: () => number;
  readonly say: (text: string) => void;
};

/** A process that rolls has so long to end in order. */
const rollMs = 10_000;

type Blow = (mesh: ChaosMesh, step: Step) => Promise<void>;

const blows: Readonly<Record<FaultKind, Blow>> = {
  async kill(mesh, { target, forMs }) {
    const process = mesh.process(target);
    await process.kill();
    await delay(forMs);
    await process.start();
  },
  async roll(mesh, { target, forMs }) {
    const process = mesh.process(target);
    await process.end(rollMs);
    await delay(forMs);
    await process.start();
  },
  async pause(mesh, { target, forMs }) {
    const process = mesh.process(target);
    process.pause();
    await delay(forMs);
    process.resume();
  },
  async cut(mesh, { target, forMs }) {
    const wire = wireOf(mesh, target);
    wire.cut();
    await delay(forMs);
    wire.heal();
  },
  async hang(mesh, { target, forMs }) {
    const wire = wireOf(mesh, target);
    wire.hang();
    await delay(forMs);
    wire.heal();
  },
  async clock(mesh, { target, forMs, by = 0 }) {
    mesh.moveClock(target, by);
    await delay(forMs);
    mesh.moveClock(target, 0);
  },
  async 'disk-full'(mesh, { forMs }) {
    mesh.fillDisk();
    await delay(forMs);
    mesh.emptyDisk();
  },
  async 'lost-answers'(mesh, { by = 1 }) {
    await loseAnswers(mesh.addressOf('store'), by);
  },
};

export class Nemesis {
  readonly faults: Fault[] = [];
  /** What is done to each target: on a slow machine a restart may last until the next blow is due, which then waits. */
  readonly #last = new Map<string, Promise<void>>();
  readonly #options: NemesisOptions;

  constructor(options: NemesisOptions) {
    this.#options = options;
  }

  /** Resolves when all of it is over and mended. Throws when a process does not come back. */
  async follow(steps: readonly Step[]): Promise<void> {
    await Promise.all(steps.map((step) => this.#strikeInTurn(step)));
  }

  async #strikeInTurn(step: Step): Promise<void> {
    await delay(Math.max(0, step.atMs - this.#options.now()));
    const blow = (this.#last.get(step.target) ?? Promise.resolve()).then(() => this.#strike(step));
    this.#last.set(step.target, blow);
    await blow;
  }

  async #strike(step: Step): Promise<void> {
    const { mesh, now, say } = this.#options;
    const from = now();
    say(told({ ...step, atMs: from }));
    try {
      await blows[step.kind](mesh, step);
    } catch (error) {
      // The store may be down when its answers are to be lost: then there are none to lose.
      if (step.kind !== 'lost-answers') throw error;
      say(`          ${step.kind} ${step.target}: it cannot be told now`);
    } finally {
      this.faults.push({ name: `${step.kind} ${step.target}`, from, to: now() });
    }
  }
}

function wireOf(mesh: ChaosMesh, name: string): Wire {
  const wire = mesh.wires.get(name);
  if (wire === undefined) throw new Error(`there is no wire ${name}`);
  return wire;
}
