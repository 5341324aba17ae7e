import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { type RunningMesh, runningMesh } from '../../cli/up/claim.ts';
import { App } from '../../edge/testing/app.ts';
import { hasPython } from '../examples/python.ts';
import { type Checkout, freshCheckout } from './checkout.ts';
import { isAlive } from './is-alive.ts';
import { devToken, ravi, Watched } from './running-mesh.ts';

/** Sets up, and installs Python's packages. */
const setUpMs = 300_000;

let checkout: Checkout;
let started: Watched;
let mesh: RunningMesh;
let blocks: readonly string[] = [];
let pond = '';

beforeAll(async () => {
  checkout = await freshCheckout();
  const readme = await readFile(join(checkout.path, 'README.md'), 'utf8');
  const section = readme.slice(readme.indexOf('## Five minutes to a first message'), readme.indexOf('## The map'));
  blocks = [...section.matchAll(/```sh\n([\s\S]*?)```/g)].map(([, block = '']) => block);
  const npm = { command: 'npm', cwd: checkout.path, detached: true };
  started = new Watched(['start'], { ...environment(), CIRCUIT_PORT: '0' }, npm);
  await started.line(/^· ready in/, 0, setUpMs);
  mesh = (await runningMesh(join(checkout.path, '.circuit'))) as RunningMesh;
}, setUpMs);
afterAll(async () => {
  if (started?.running) started.kill('SIGKILL');
  await checkout?.remove();
}, setUpMs);

/** Nothing of ours: a reader has set nothing. */
function environment(): NodeJS.ProcessEnv {
  const { PATH, HOME, TMPDIR } = process.env;
  return { PATH, HOME, ...(TMPDIR ? { TMPDIR } : {}), NO_COLOR: '1' };
}

/** Runs a block in the checkout as it is written, but for the port. */
async function run(command: string, more: NodeJS.ProcessEnv = {}): Promise<string> {
  const text = command.replaceAll('http://127.0.0.1:8080', mesh.url);
  const options = { cwd: checkout.path, env: { ...environment(), ...more }, timeout: setUpMs };
  const { stdout } = await promisify(execFile)('bash', ['-ec', text], options);
  return stdout;
}

describe('what the README tells a newcomer to type', { timeout: setUpMs }, () => {
  it('starts a mesh from the sources alone', async () => {
    expect(mesh).toMatchObject({ ready: true });
    expect(started.lines.join('\n')).toContain(mesh.url);
  });

  it('brings a first message from Asha to Ravi', async () => {
    const printed = await run(blocks[0] ?? '');
    const said = [...printed.matchAll(/"conversation_id":"(\d{12})".*?"text":"DO in pond A1 is 2\.1"/g)];
    expect(said.length).toBeGreaterThanOrEqual(2);
    pond = said[0]?.[1] ?? '';
  });

  // Not by `npx wscat`, which would be downloaded: the same address, subprotocol and frame.
  it('does the same live, over the WebSocket', async () => {
    const [, path = '', subprotocol = ''] =
      /wscat -c ws:\/\/127\.0\.0\.1:8080(\S+) -s (\S+)/.exec(blocks[1] ?? '') ?? [];
    const [, frame = ''] = /^> (\{.*\})$/m.exec(blocks[1] ?? '') ?? [];
    const headers = { authorization: `Bearer ${await devToken(mesh.url, ravi)}` };
    const app = new App(new WebSocket(mesh.url.replace('http', 'ws') + path, subprotocol, { headers }));
    await app.event('ready');
    app.send(frame.replace('…', pond));
    expect(await app.event('message.new')).toMatchObject({ data: { message: { content: { text: 'Aerator is on' } } } });
    await app.close();
  });

  it.skipIf(!hasPython())('lets a domain server in Python speak', async () => {
    const printed = await run(blocks[2] ?? '', { FARM_ADDRESS: mesh.grpc });
    expect(printed).toContain('"texts": ["Oxygen in pond A1 is low: 2.1 mg/l", "Aerators are on"]');
  });

  it('shows two people and a domain server in the demo', async () => {
    const printed = await run('npm run demo');
    for (const line of [
      /Asha +was told it is stored as number \d+/,
      /Ravi +sees number \d+ of Asha: DO in pond A1 is 2\.1/,
      /Asha +sees it delivered up to \d+, read up to \d+/,
      /Ravi +sees number \d+ of .*low/,
      /Ravi +sees the reaction 👍/,
    ]) {
      expect(printed).toMatch(line);
    }
  });

  it('ends it in order with Ctrl-C, and leaves no process', async () => {
    started.kill('SIGINT');
    await started.ended;
    const told = started.lines.map((line) => line.replace(/^· /, ''));
    const ending = told.filter((line) => /^(Ctrl-C: |ending |ended)/.test(line)).map((line) => line.split(':')[0]);
    expect(ending).toEqual(['Ctrl-C', 'ending edge', 'ending services', 'ending store', 'ended']);
    expect([mesh.pid, ...Object.values(mesh.processes)].filter((pid) => isAlive(pid as number))).toEqual([]);
  });
});
