// Plants each bug in a mesh of real processes, with the faults that bring it out, and sees that the checker catches it;
// and that under the same faults it finds nothing where nothing was planted.

import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { packageRoot } from '../../../cli/process/version.ts';
import type { ChaosOptions, Verdict } from '../chaos.ts';
import type { Step } from '../nemesis/schedule.ts';
import { planted } from './loader.ts';
import { type PlantName, plants } from './plants.ts';

const runMsMax = 240_000;
/** What a planted bug has lost does not come, however long one waits for it. */
const plantedSettleMs = 10_000;
/** What runs: the build of this checkout, unless another one is named. */
const dist = process.env.CIRCUIT_DIST ?? join(packageRoot, 'dist');

/** Chat writes into a wire that hangs, and dies: what it had in hand was shown or acknowledged, and never stored. */
const diesWriting: readonly Step[] = [4_000, 9_000].flatMap((atMs, index) => {
  const chat = `chat-${index + 1}`;
  return [
    { atMs, kind: 'hang', target: `${chat}>store`, forMs: 3_000 },
    { atMs: atMs + 2_000, kind: 'kill', target: chat, forMs: 500 },
  ] as const;
});
const losesLinks: readonly Step[] = ['edge-1>chat-1', 'edge-2>chat-2'].map((target) => {
  return { atMs: 3_000, kind: 'cut', target, forMs: 200 };
});

type Trial = {
  readonly plant: PlantName;
  readonly steps: readonly Step[];
  readonly seconds: number;
  /** The promises by which it is found out, any of them. */
  readonly foundBy: readonly string[];
};

const trials: readonly Trial[] = [
  {
    plant: 'publish before commit',
    steps: diesWriting,
    seconds: 14,
    foundBy: ['what is seen is what is stored'],
  },
  {
    plant: 'acknowledge before commit',
    steps: diesWriting,
    seconds: 14,
    foundBy: ['no acknowledged message is lost'],
  },
  {
    plant: 'forget a resubscription',
    steps: losesLinks,
    seconds: 30,
    foundBy: ['an event arrives in time', 'head checks find nothing'],
  },
];

/** In the build, as `npm run chaos` runs it: processes are started from there. */
async function run(
  options: Pick<ChaosOptions, 'seconds' | 'steps' | 'settleMs'> & { readonly plant?: PlantName },
): Promise<Verdict> {
  const module = join(dist, 'tests/chaos/chaos.js');
  if (!existsSync(module)) throw new Error(`${module} is not there: run \`npm run build\` first`);
  const { chaos } = (await import(module)) as typeof import('../chaos.ts');
  const folder = await mkdtemp(join(tmpdir(), 'circuit-plants-'));
  try {
    return await chaos({ seed: 1, clients: 60, everyMs: 700, redis: false, folder, say: () => {}, ...options });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const brokenBy = ({ violations }: Verdict) => [...new Set(violations.map(({ promise }) => promise))];

describe('a planted bug', () => {
  it.each(trials)(
    'is caught: $plant',
    async ({ foundBy, ...trial }) => {
      const broken = brokenBy(await run({ settleMs: plantedSettleMs, ...trial }));
      expect(broken.filter((promise) => foundBy.includes(promise))).not.toEqual([]);
    },
    runMsMax,
  );

  it(
    'is not seen where there is none',
    async () => {
      const steps = [...losesLinks, ...diesWriting.map((step) => ({ ...step, atMs: step.atMs + 2_000 }))];
      const { violations, history } = await run({ seconds: 32, steps });
      expect(violations).toEqual([]);
      expect(history.faults.length).toBeGreaterThanOrEqual(steps.length);
      expect(history.acknowledged.length).toBeGreaterThan(100);
    },
    runMsMax,
  );

  it('whose place is gone stops whoever would be planted with it', () => {
    const plant = plants['acknowledge before commit'];
    expect(planted(`before ${plant.find} after`, plant)).toBe(`before ${plant.replace} after`);
    expect(() => planted('something else', plant)).toThrow('0 times');
    expect(() => planted(`${plant.find} ${plant.find}`, plant)).toThrow('2 times');
  });
});
