import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { silentLog } from '../../telemetry/log.ts';
import { Directory } from './directory.ts';
import { AdsServer } from './testdata/ads-server.ts';

let plane: AdsServer;
let directory: Directory;

// The library reads it once in the life of a process.
beforeAll(async () => {
  plane = await AdsServer.open('chat', []);
  process.env.GRPC_XDS_BOOTSTRAP_CONFIG = plane.bootstrap;
});
afterAll(() => plane.close());

beforeEach(() => {
  plane.tell([{ address: '127.0.0.2:7070' }, { address: '127.0.0.1:7070' }]);
  directory = new Directory({ peers: new Map([['chat', ['xds:///chat', '10.0.0.9:1']]]), log: silentLog() });
});
afterEach(() => directory.close());

const found = () => directory.of('chat');

describe('the directory of processes behind a control plane', () => {
  it('has the single addresses, sorted, and those that it is told of later', async () => {
    // The library reads its protos first.
    const all = ['127.0.0.1:7070', '127.0.0.2:7070', '10.0.0.9:1'];
    await expect.poll(found, { timeout: 20_000 }).toEqual(all);
    let changes = 0;
    directory.onChange(() => {
      changes += 1;
    });
    plane.tell([{ address: '127.0.0.3:7070' }]);
    await expect.poll(found).toEqual(['127.0.0.3:7070', '10.0.0.9:1']);
    expect([changes, plane.refused]).toEqual([1, []]);
  });

  it('leaves out what the plane holds to be unhealthy, and what stands by for others', async () => {
    plane.tell([
      { address: '127.0.0.1:7070' },
      { address: '127.0.0.2:7070', health: 'UNHEALTHY' },
      { address: '127.0.0.3:7070', priority: 1 },
    ]);
    await expect.poll(found).toEqual(['127.0.0.1:7070', '10.0.0.9:1']);
    plane.tell([
      { address: '127.0.0.1:7070', health: 'UNHEALTHY' },
      { address: '127.0.0.3:7070', priority: 1 },
    ]);
    await expect.poll(found).toEqual(['127.0.0.3:7070', '10.0.0.9:1']);
  });

  it('keeps those last known when the plane knows of none, or is gone', async () => {
    await expect.poll(found).toHaveLength(3);
    plane.tell([]);
    await expect.poll(() => plane.confirmed).toBe(String(plane.version));
    expect(found()).toHaveLength(3);
    plane.tell([{ address: '127.0.0.4:7070' }]);
    await expect.poll(found).toEqual(['127.0.0.4:7070', '10.0.0.9:1']);
    plane.close();
    directory.lookSoon();
    expect(found()).toEqual(['127.0.0.4:7070', '10.0.0.9:1']);
  });
});
