import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hasPython, openPython } from '../examples/python.ts';
import { PythonSocket, websocketsPython } from '../protocol/python-socket.ts';
import { account, asha, dataFolder, devToken, ravi, startMesh, type TestMesh } from './running-mesh.ts';
import { PlainSocket } from './socket.ts';

const startMs = 120_000;
/** Making Python's environment downloads packages. */
const setUpMs = 300_000;
let folder: Awaited<ReturnType<typeof dataFolder>>;
let mesh: TestMesh;

const hasBothPythons = websocketsPython !== undefined && hasPython();

type Created = { readonly conversation: { readonly conversation_id: string } };
type Heard = { readonly message: { readonly seq: number; readonly content: { readonly text: string } } };

beforeAll(async () => {
  folder = await dataFolder();
  mesh = await startMesh(folder.path);
}, startMs);
afterAll(async () => {
  if (mesh?.up.running) await mesh.stop();
  await folder.remove();
}, startMs);

const saying = (text: string) => (frame: { readonly event?: unknown; readonly data?: unknown }) =>
  frame.event === 'message.new' && (frame.data as Heard).message.content.text === text;

describe('three clients that are not ours', () => {
  it.skipIf(!hasBothPythons)(
    "ws, Python's websockets and a Python domain server on gRPC talk, and each has what the other two say",
    async () => {
      const { python, stubs } = await openPython();
      const { url, grpc } = await mesh.state();
      const her = new PlainSocket(url, await devToken(url, asha));
      const his = new PythonSocket(url, await devToken(url, ravi));
      try {
        await Promise.all([her.next(({ event }) => event === 'ready'), his.next(({ event }) => event === 'ready')]);
        const made = {
          request_id: 'three-clients',
          type: 'group',
          info: { name: 'Pond A1' },
          participant_keys: [ravi],
        };
        const { conversation } = await her.call<Created>('conversation.create', made);
        const { conversation_id } = conversation;
        const hasIt = (frame: object) => JSON.stringify(frame).includes(`"c:${conversation_id}"`);
        await Promise.all([her.next(hasIt), his.next(hasIt)]);
        const message = (text: string) => ({
          conversation_id,
          client_message_id: `says-${text}`,
          content: { type: 'text', text },
        });

        await her.call('message.send', message('from ws'));
        const first = await his.next(saying('from ws'));
        expect(await his.call('message.send', message('from websockets'))).toMatchObject({ ok: true });
        const second = await her.next(saying('from websockets'));

        const script = join(import.meta.dirname, 'grpc_client.py');
        const [, token = ''] = /^(ey[\w-]+\.[\w-]+\.[\w-]+)$/m.exec(mesh.up.lines.join('\n')) ?? [];
        const given = [script, grpc, token, account, asha, conversation_id, 'from gRPC'];
        const environment = { PATH: process.env.PATH ?? '', PYTHONPATH: stubs, PYTHONDONTWRITEBYTECODE: '1' };
        const { stdout } = await promisify(execFile)(python, given, { env: environment, timeout: 30_000 });
        const server = JSON.parse(stdout) as { readonly read: readonly string[]; readonly seq: number };
        expect(server.read).toEqual(['from ws', 'from websockets']);
        const third = [await her.next(saying('from gRPC')), await his.next(saying('from gRPC'))];

        const numberOf = ({ data }: { readonly data?: unknown }) => (data as Heard).message.seq;
        expect([first, second, ...third].map(numberOf)).toEqual([2, 3, server.seq, server.seq]);
        expect(server.seq).toBe(4);
      } finally {
        her.close();
        await his.close();
      }
    },
    setUpMs,
  );
});
