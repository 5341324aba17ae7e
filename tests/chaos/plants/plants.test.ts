// Plants each bug in a mesh of real processes, with the faults that bring it out, and sees that the checker catches it;
// and that under the same faults it finds nothing where nothing was planted.

import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { packageRoot } from '../../../cli/process/version.ts';
import { hasRedis } from '../../support/redis.ts';
import type { ChaosOptions, Verdict } from '../chaos.ts';
import type { Step } from '../nemesis/schedule.ts';
import { planted } from './loader.ts';
import { type PlantName, plants } from './plants.ts';

const runMsMax = 120_000;
/** What a planted bug has lost does not come, however long one waits for it. */
const plantedSettleMs = 3_000;
/** What runs: the build of this checkout, unless another one is named. */
const dist = process.env.CIRCUIT_DIST ?? join(packageRoot, 'dist');

/**
 * Chat writes into a wire that hangs, and dies: what it had in hand was shown or acknowledged, and never stored. What
 * comes again may take the same place in the log; in all of ten conversations it does not.
 */
const diesWriting: readonly Step[] = [
  { atMs: 1_500, kind: 'hang', target: 'chat-1>store', forMs: 1_300 },
  { atMs: 2_300, kind: 'kill', target: 'chat-1', forMs: 0 },
];
const losesLink: readonly Step[] = [{ atMs: 1_000, kind: 'cut', target: 'edge-1>chat-1', forMs: 200 }];
const losesRedis: readonly Step[] = [{ atMs: 1_000, kind: 'cut', target: 'edge-1>redis', forMs: 200 }];

type Trial = {
  readonly plant: PlantName;
  readonly steps: readonly Step[];
  readonly redis: boolean;
  /** The promise by which it is found out. */
  readonly breaks: string;
};

const missing = 'nobody misses anything after catching up';
const trials: readonly Trial[] = [
  {
    plant: 'publish before commit',
    steps: diesWriting,
    redis: false,
    breaks: 'what is seen is what is stored',
  },
  {
    plant: 'acknowledge before commit',
    steps: diesWriting,
    redis: false,
    breaks: 'no acknowledged message is lost',
  },
  { plant: 'forget a resubscription', steps: losesLink, redis: false, breaks: missing },
  { plant: 'forget a resubscription over Redis', steps: losesRedis, redis: true, breaks: missing },
];

type TrialOptions = Pick<ChaosOptions, 'steps' | 'redis' | 'settleMs'> & { readonly plant?: PlantName };

/** In the build, as `npm run chaos` runs it: processes are started from there. One of each is enough. */
async function run(options: TrialOptions): Promise<Verdict> {
  const { chaos } = (await import(join(dist, 'tests/chaos/chaos.js'))) as typeof import('../chaos.ts');
  const folder = await mkdtemp(join(tmpdir(), 'circuit-plants-'));
  try {
    const few = { seed: 1, seconds: 4, clients: 80, everyMs: 600, chats: 1, edges: 1 };
    return await chaos({ ...few, folder, say: () => {}, ...options });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const brokenBy = ({ violations }: Verdict) => [...new Set(violations.map(({ promise }) => promise))];

describe('a planted bug', () => {
  it.each(trials.filter(({ redis }) => !redis || hasRedis()))(
    'is caught: $plant',
    async ({ breaks, ...trial }) => {
      expect(brokenBy(await run({ settleMs: plantedSettleMs, ...trial }))).toContain(breaks);
    },
    runMsMax,
  );

  it(
    'is not seen where there is none',
    async () => {
      const steps = [...losesLink, ...(hasRedis() ? losesRedis : []), ...diesWriting];
      const { violations, history } = await run({ steps, redis: true });
      expect(violations).toEqual([]);
      expect(history.faults.length).toBeGreaterThanOrEqual(steps.length);
      expect(history.acknowledged.length).toBeGreaterThan(100);
    },
    runMsMax,
  );
});

describe('every plant', () => {
  it.each(Object.entries(plants))('still fits the code that it is for: %s', (_, plant) => {
    const path = join(dist, plant.module);
    if (!existsSync(path)) throw new Error(`${path} is not there: run \`npm run build\` first`);
    expect(planted(readFileSync(path, 'utf8'), plant)).toContain(plant.replace);
  });

  it('whose place is gone stops whoever would be planted with it', () => {
    const plant = plants['acknowledge before commit'];
    expect(planted(`before ${plant.find} after`, plant)).toBe(`before ${plant.replace} after`);
    expect(() => planted('something else', plant)).toThrow('0 times');
    expect(() => planted(`${plant.find} ${plant.find}`, plant)).toThrow('2 times');
  });
});
