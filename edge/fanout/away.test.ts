import { afterEach, describe, expect, it } from 'vitest';
import { refuse } from '../../mesh/errors/refuse.ts';
import { asha } from '../../mesh/host/testing.ts';
import type { App, Json } from '../testing/app.ts';
import { openTestMesh, type TestMesh } from '../testing/mesh.ts';
import type { Ponds } from '../testing/pond.ts';

const open: TestMesh[] = [];
afterEach(async () => {
  for (const mesh of open.splice(0)) await mesh.close();
});

async function start(): Promise<TestMesh> {
  const mesh = await openTestMesh();
  open.push(mesh);
  mesh.ponds.admit(asha.userKey, 'q:1');
  mesh.wells.append('w:1', { text: 'before' });
  mesh.wells.admit(asha.userKey, 'w:1');
  return mesh;
}

/** Its answers about these are refused until the returned function is called. */
function away(source: Ponds, kinds: readonly string[]): () => void {
  source.beforeAnswer = async (kind) => {
    if (kinds.includes(kind)) throw refuse('UNAVAILABLE');
  };
  return () => {
    source.beforeAnswer = async () => {};
  };
}

const topicsIn = (frame: Json) => Object.keys((frame.data as { topics: Json }).topics);

async function joined(app: App, topic: string): Promise<Json> {
  return app.next((frame) => frame.event === 'joined' && topicsIn(frame).includes(topic));
}

describe('a session, while a service that keeps topics is away,', () => {
  it('opens with the topics of the others; what it missed comes as joined, from the right position', async () => {
    const mesh = await start();
    const back = away(mesh.wells, ['grants']);
    const app = await mesh.app();
    expect(topicsIn(await app.event('ready'))).toEqual([`u:${asha.userKey}`, `d:${asha.userKey}`, 'q:1']);
    mesh.ponds.append('q:1', { text: 'meanwhile' });
    expect(await app.event('pond.said')).toMatchObject({ topic: 'q:1', seq: 1 });
    back();
    expect((await joined(app, 'w:1')).data).toEqual({ topics: { 'w:1': 1 } });
    mesh.wells.append('w:1', { text: 'after' });
    expect(await app.event('pond.said')).toMatchObject({ topic: 'w:1', seq: 2 });
  });

  it('is told nothing of a topic whose right was lost meanwhile', async () => {
    const mesh = await start();
    mesh.wells.admit(asha.userKey, 'w:2');
    const back = away(mesh.wells, ['grants']);
    const app = await mesh.app();
    mesh.wells.expel(asha.userKey, 'w:1');
    back();
    expect((await joined(app, 'w:2')).data).toEqual({ topics: { 'w:2': 0 } });
    mesh.wells.append('w:1', { text: 'not for her' });
    mesh.wells.append('w:2', { text: 'for her' });
    expect(await app.event('pond.said')).toMatchObject({ topic: 'w:2' });
  });

  it('tries again where it came back only to be away once more', async () => {
    const mesh = await start();
    away(mesh.wells, ['grants']);
    const app = await mesh.app();
    const back = away(mesh.wells, ['heads', 'rights']);
    const asked = mesh.wells.asked.length;
    await waitFor(mesh.wells, asked + 2);
    back();
    await joined(app, 'w:1');
  });

  it('keeps its topics when rights are read again, and gets those that were granted meanwhile', {
    timeout: 15_000,
  }, async () => {
    const mesh = await start();
    const app = await mesh.app();
    expect(topicsIn(await app.event('ready'))).toContain('w:1');
    const back = away(mesh.wells, ['grants']);
    mesh.wells.admit(asha.userKey, 'w:2');
    let holds = true;
    mesh.ponds.beforeAnswer = async (kind) => {
      if (kind === 'entries' && holds) throw refuse('UNAVAILABLE');
      if (kind === 'rights') holds = false;
    };
    const own = `u:${asha.userKey}`;
    mesh.ponds.append(own, { text: 'lost' }, true);
    mesh.ponds.append(own, { text: 'heard' });
    await joined(app, own);
    await waitFor(mesh.wells, mesh.wells.asked.length + 1);
    mesh.wells.append('w:1', { text: 'still hers' });
    expect(await app.event('pond.said')).toMatchObject({ topic: 'w:1', seq: 2 });
    back();
    await joined(app, 'w:2');
  });

  it('is not opened where that is the one that keeps its user log', async () => {
    const mesh = await start();
    away(mesh.ponds, ['grants']);
    const app = await mesh.socket();
    expect((await app.closed).code).toBe(4002);
  });
});

/** Resolves when so many questions were asked of it. */
function waitFor(source: Ponds, count: number): Promise<void> {
  return new Promise((resolve) => {
    const answer = source.beforeAnswer;
    source.beforeAnswer = async (kind) => {
      if (source.asked.length >= count) resolve();
      await answer(kind);
    };
  });
}
