import { describe, expect, it } from 'vitest';
import { hasRedis, openTestRedis, openTestRedisCluster } from '../support/redis.ts';
import { dataFolder, startMesh } from './running-mesh.ts';
import { Talkers } from './talkers.ts';

const caseMs = 240_000;
const some = 200;

type Redis = { readonly url: string; kill(): Promise<void>; restart(): Promise<void>; close(): Promise<void> };

async function openNodeOfCluster(): Promise<Redis> {
  const { url, nodes, close } = await openTestRedisCluster();
  const [, node] = nodes;
  return { url, kill: node!.kill, restart: node!.restart, close };
}

describe.skipIf(!hasRedis())('a mesh whose events travel over Redis', () => {
  it.concurrent.each([
    ['Redis', openTestRedis],
    ['a node of its cluster', openNodeOfCluster],
  ])(
    'loses nothing and doubles nothing while %s is killed and comes back',
    async (_which, open: () => Promise<Redis>) => {
      const folder = await dataFolder();
      const redis = await open();
      const mesh = await startMesh(folder.path, {
        REDIS_URL: redis.url,
        CIRCUIT_RATE: '100000',
        CIRCUIT_RATE_BURST: '100000',
      });
      try {
        const talkers = await Talkers.open(mesh.url);
        talkers.start();
        await talkers.acknowledgements(some);
        await talkers.fault('redis', async () => {
          await redis.kill();
          await talkers.acknowledgements(some);
          await redis.restart();
        });
        await talkers.acknowledgements(some);
        expect(await talkers.verdict()).toEqual([]);
        talkers.close();
      } finally {
        await mesh.stop();
        await redis.close();
        await folder.remove();
      }
    },
    caseMs,
  );
});
