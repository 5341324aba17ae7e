import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { asha, dataFolder, devToken, startMesh, type TestMesh } from './running-mesh.ts';
import { Standers } from './standers.ts';
import { Talkers } from './talkers.ts';

const caseMs = 300_000;
const drainMs = 3_000;
/** Acknowledgements between two ends: enough that each falls into work under way. */
const some = 100;
/** As many sockets as each edge is to hold beside those of the talkers. */
const standing = 30;

let folder: Awaited<ReturnType<typeof dataFolder>>;
let mesh: TestMesh;

beforeAll(async () => {
  folder = await dataFolder();
  const rates = { CIRCUIT_RATE: '100000', CIRCUIT_RATE_BURST: '100000', CIRCUIT_SOCKETS_PER_USER: '1000' };
  const arguments_ = ['--edges', '2', '--services', '2', '--redis'];
  mesh = await startMesh(folder.path, { ...rates, CIRCUIT_DRAIN: `${drainMs}ms` }, arguments_);
}, caseMs);
afterAll(async () => {
  if (mesh?.up.running) await mesh.stop();
  await folder.remove();
}, caseMs);

describe('a busy mesh of two edges and two services', () => {
  it(
    'is rolled, one process after another, and nobody misses a message or is closed without being told to come back',
    async () => {
      const { urls } = await mesh.state();
      expect(urls).toHaveLength(2);
      const talkers = await Talkers.open(...urls);
      const standers = await Promise.all(
        urls.map(async (url) => Standers.open(url, await devToken(url, asha), standing)),
      );
      try {
        talkers.start();
        await talkers.acknowledgements(some);
        for (const name of ['services-1', 'services-2', 'store', 'edge-1', 'edge-2']) {
          await talkers.fault(name, () => mesh.endAndAwait(name));
          await talkers.acknowledgements(some);
        }
        expect(await talkers.verdict()).toEqual([]);
        for (const { closes } of standers) expectOrderly(closes);
      } finally {
        for (const each of standers) each.close();
        talkers.close();
      }
    },
    caseMs,
  );
});

/** Each socket was closed once, by its edge's drain, in the course of its drain time. */
function expectOrderly(closes: Standers['closes']): void {
  expect(closes.map(({ code }) => code)).toEqual(Array.from({ length: standing }, () => 4000));
  for (const { reason } of closes) expect(reason).toMatch(/^EDGE_DRAINING retry_after_ms=\d+$/);
  const times = closes.map(({ at }) => at);
  const spreadMs = Math.max(...times) - Math.min(...times);
  expect(spreadMs).toBeGreaterThan(drainMs / 2);
  expect(spreadMs).toBeLessThan(drainMs + 2_000);
}
