import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ClientFrame } from '../../gen/circuit/socket/v1/socket_service.ts';
import { asha, ravi } from '../../mesh/host/testing.ts';
import { openLog } from '../../mesh/telemetry/log.ts';
import type { App } from '../testing/app.ts';
import { openTestMesh, type TestMesh } from '../testing/mesh.ts';
import { closeCodes } from './close-codes.ts';

const wide = { costPerSecond: 1e6, costBurst: 1e6, requestsInFlight: 1_000 };
const lines: string[] = [];
let mesh: TestMesh;
let bystander: App;

beforeAll(async () => {
  const log = openLog({ level: 'warn', destination: { write: (line) => void lines.push(line) } });
  mesh = await openTestMesh({ limits: wide, log });
  bystander = await mesh.app(ravi);
});
afterAll(() => mesh.close());

const events = [
  'pond.say',
  'pond.echo',
  'session.resume',
  'topic.join',
  'topic.leave',
  'auth.refresh',
  'ping',
  'hello',
];
const event = fc.oneof(fc.constantFrom(...events), fc.string());
const id = fc.oneof(fc.integer(), fc.double(), fc.constant(null), fc.string());

const text = fc.oneof(
  fc.json(),
  fc.string({ unit: 'binary' }),
  fc.record({ id, event, data: fc.jsonValue() }).map((frame) => JSON.stringify(frame)),
  fc.record({ id, event, data: fc.dictionary(fc.string(), fc.jsonValue()) }).map((frame) => JSON.stringify(frame)),
);
const binary = fc.oneof(
  fc.uint8Array({ maxLength: 300 }),
  fc
    .record({ id: fc.integer(), event, data: fc.uint8Array({ maxLength: 300 }) })
    .map((frame) => ClientFrame.encode(frame).finish()),
);

/** Sends frames on a socket of its own, and waits until it is ended or has answered a last one. */
async function send(protocols: string, frames: readonly (string | Uint8Array)[]): Promise<void> {
  const app = await mesh.socket({ user: asha, protocols });
  for (const frame of frames) app.socket.send(frame);
  const last = ClientFrame.encode({ id: 4_242_424_242, event: 'ping', data: Buffer.alloc(0) }).finish();
  app.socket.send(protocols.endsWith('json') ? '{"id":4242424242,"event":"ping"}' : last);
  const isLast = ({ id, bytes }: { id?: unknown; bytes?: unknown }): boolean =>
    id === 4_242_424_242 || (Buffer.isBuffer(bytes) && bytes.includes(Buffer.from(last.subarray(0, 6))));
  await Promise.race([app.next(isLast), app.closed]);
  app.socket.terminate();
  const { code } = await app.closed;
  const ours = Object.values(closeCodes).map((each) => each.code as number);
  expect([1000, 1005, 1006, ...ours]).toContain(code);
}

describe('frames of any shape', () => {
  it.each([
    ['circuit.v1.json', fc.array(fc.oneof({ arbitrary: text, weight: 9 }, binary), { maxLength: 9 })],
    ['circuit.v1.proto', fc.array(fc.oneof({ arbitrary: binary, weight: 9 }, text), { maxLength: 9 })],
  ] as const)(
    'on %s end at worst their own socket, and are no fault of ours',
    { timeout: 60_000 },
    async (name, any) => {
      await fc.assert(
        fc.asyncProperty(any, (frames) => send(name, frames)),
        { numRuns: 150 },
      );
      expect(await bystander.call('pond.echo', { pond_id: '1', text: 'calm' })).toMatchObject({ ok: true });
      expect(lines.filter((line) => line.includes('"level":"error"'))).toEqual([]);
    },
  );
});
