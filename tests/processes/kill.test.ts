import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { dataFolder, startMesh, type TestMesh } from './running-mesh.ts';
import { Talkers } from './talkers.ts';

const caseMs = 240_000;
/** Acknowledgements before, between and after the kills: enough that each falls into work under way. */
const some = 200;

let folder: Awaited<ReturnType<typeof dataFolder>>;
let mesh: TestMesh;

beforeAll(async () => {
  folder = await dataFolder();
  // Four devices that never pause are no people: the rate limit is for those.
  mesh = await startMesh(folder.path, { CIRCUIT_RATE: '100000', CIRCUIT_RATE_BURST: '100000' });
}, caseMs);
afterAll(async () => {
  if (mesh.up.running) await mesh.stop();
  await folder.remove();
}, caseMs);

describe('kill -9 under load', () => {
  it.each(['edge', 'services', 'store'])(
    'of the %s loses nothing that was acknowledged, doubles nothing, and everybody catches up by themselves',
    async (name) => {
      const talkers = await Talkers.open(mesh.url);
      try {
        talkers.start();
        await talkers.acknowledgements(some);
        for (let round = 0; round < 2; round += 1) {
          await talkers.fault(name, () => mesh.killAndAwait(name));
          await talkers.acknowledgements(some);
        }
        expect(await talkers.verdict()).toEqual([]);
      } finally {
        talkers.close();
      }
    },
    caseMs,
  );
});
