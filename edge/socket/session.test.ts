import { afterEach, describe, expect, it } from 'vitest';
import { asha } from '../../mesh/host/testing.ts';
import { openTestMesh, type TestMesh } from '../testing/mesh.ts';

const open: TestMesh[] = [];
afterEach(async () => {
  for (const mesh of open.splice(0)) await mesh.close();
});

async function start(options: Parameters<typeof openTestMesh>[0] = {}): Promise<TestMesh> {
  const mesh = await openTestMesh(options);
  open.push(mesh);
  return mesh;
}

describe('a socket', () => {
  it('says hello first, then ready with its topics and positions', async () => {
    const mesh = await start();
    mesh.ponds.append('q:1', { text: 'one' });
    mesh.ponds.admit(asha.userKey, 'q:1');
    const app = await mesh.socket();
    const hello = await app.next(() => true);
    expect(hello).toMatchObject({ event: 'hello', data: { heartbeat_ms: 25_000, limits: { frame_bytes: 65_536 } } });
    expect(await app.event('ready')).toEqual({
      event: 'ready',
      data: { topics: { [`u:${asha.userKey}`]: 0, [`d:${asha.userKey}`]: 0, 'q:1': 1 } },
    });
  });

  it('answers calls by their id, with data or with a reason', async () => {
    const mesh = await start();
    const app = await mesh.app();
    expect(await app.call('pond.echo', { pond_id: '1', text: 'hé' })).toMatchObject({
      ok: true,
      data: { pond_id: '1', text: 'hé' },
    });
    expect(await app.call('pond.say', { pond_id: '1', text: 'refuse' })).toMatchObject({
      ok: false,
      error: { code: 'ABORTED', reason: 'CONFLICT', retry_after_ms: 250 },
    });
    expect(await app.call('pond.none')).toMatchObject({ ok: false, error: { reason: 'UNKNOWN_EVENT' } });
    expect(await app.call('pond.echo', { pond_id: 1 })).toMatchObject({ error: { reason: 'INVALID_REQUEST' } });
    expect(await app.call('ping')).toMatchObject({ ok: true, data: { time: expect.any(String) } });
  });
});
