import Ajv from 'ajv/dist/2020.js';
import { afterEach, describe, expect, it } from 'vitest';
import { asha } from '../../mesh/host/testing.ts';
import { asyncApi } from '../../mesh/schema/documents/asyncapi.ts';
import { topicsPerFrame } from '../limits.ts';
import type { Json } from '../testing/app.ts';
import { openTestMesh, type TestMesh } from '../testing/mesh.ts';

const open: TestMesh[] = [];
afterEach(async () => {
  for (const mesh of open.splice(0)) await mesh.close();
});

async function start(): Promise<TestMesh> {
  const mesh = await openTestMesh();
  open.push(mesh);
  return mesh;
}

/** What the AsyncAPI document of this mesh says against a frame. */
function objectionsOf({ api }: TestMesh): (message: string, frame: Json) => unknown {
  const ajv = new Ajv.default({ strict: false, validateFormats: false });
  ajv.addSchema(asyncApi(api, { title: 'Circuit Mesh', version: '1' }), 'asyncapi');
  return (message, frame) => {
    const validate = ajv.getSchema(`asyncapi#/components/messages/${message}/payload`);
    if (validate === undefined) throw new Error(`The document has no message ${message}.`);
    validate(frame);
    return validate.errors ?? [];
  };
}

describe('every frame of the edge is as the AsyncAPI document says', () => {
  it('hello, joined and ready, with as many topics as they may have', async () => {
    const mesh = await start();
    const objections = objectionsOf(mesh);
    for (let n = 0; n < topicsPerFrame + 50; n++) mesh.ponds.admit(asha.userKey, `q:${n}`);
    const app = await mesh.socket();
    for (const event of ['hello', 'joined', 'ready']) {
      const frame = await app.event(event);
      expect([event, objections(`${event}_event`, frame)]).toEqual([event, []]);
    }
  });

  it('replies, refusals, and what is said to a frame that cannot be read', async () => {
    const mesh = await start();
    const objections = objectionsOf(mesh);
    const app = await mesh.app();
    const good = await app.call('pond.echo', { pond_id: '1', text: 'x'.repeat(2_000) });
    expect([good.ok, objections('pond_echo_reply', good)]).toEqual([true, []]);
    const refused = await app.call('pond.echo', {});
    expect([refused.ok, objections('pond_echo_reply', refused)]).toEqual([false, []]);
    for (const frame of ['{', '{"id":7}']) {
      app.send(frame);
      const answer = await app.next(({ ok }) => ok === false);
      expect([frame, objections('frame_unreadable', answer)]).toEqual([frame, []]);
    }
  });

  it('events, with and without a number', async () => {
    const mesh = await start();
    const objections = objectionsOf(mesh);
    mesh.ponds.admit(asha.userKey, 'q:1');
    const app = await mesh.app();
    mesh.ponds.append('q:1', { text: 'x'.repeat(2_000) });
    expect(objections('pond_said_event', await app.event('pond.said'))).toEqual([]);
    mesh.ponds.splash('q:1', 'splash');
    expect(objections('pond_splash_event', await app.event('pond.splash'))).toEqual([]);
  });

  it('and nothing else is: the document refuses what the edge does not send', async () => {
    const objections = objectionsOf(await start());
    expect(objections('ready_event', { event: 'ready', data: { topics: { 'q:1': 'x' } } })).not.toEqual([]);
    expect(objections('pond_said_event', { event: 'pond.said', topic: 'c:1', data: { pond_id: '1' } })).not.toEqual([]);
    expect(objections('frame_unreadable', { id: 'x', ok: false })).not.toEqual([]);
  });
});
