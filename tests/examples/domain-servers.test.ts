import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openChat, type TestChat } from '../../services/chat/testing/open-chat.ts';
import { buildGo, hasGo } from './go.ts';
import { buildJava, hasJava } from './java.ts';
import { hasPython, openPython } from './python.ts';

const run = promisify(execFile);
const root = join(import.meta.dirname, '../..');
const account = '900000000001';
/** Making the Python environment, or the programs in Go and Java, for the first time. */
const setUpMs = 300_000;

const [hasGoHere, hasJavaHere] = await Promise.all([hasGo(), hasJava()]);

let chat: TestChat;
let environment: Record<string, string>;

beforeAll(async () => {
  chat = await openChat();
  const token = await chat.host.issuer.issueService({ kind: 'domain_server', key: 'fish', accountKeys: [account] });
  environment = {
    PATH: process.env.PATH ?? '',
    FARM_ADDRESS: `127.0.0.1:${chat.host.host.port}`,
    FARM_TOKEN: token,
    FARM_ACCOUNT: account,
  };
}, setUpMs);

afterAll(() => chat.close());

function stepsOf(output: string): readonly Record<string, unknown>[] {
  return output
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

const whatItDoes = [
  { step: 'users', known: ['100000000001', '100000000002'] },
  { step: 'conversation', conversation_id: expect.stringMatching(/^\d{12}$/) },
  { step: 'notice', message_id: expect.stringMatching(/^\d{12}$/), kind: 'low_do' },
  { step: 'sent', message_id: expect.stringMatching(/^\d{12}$/), seq: 3, sender: 'Asha' },
  { step: 'history', texts: ['Oxygen in pond A1 is low: 2.1 mg/l', 'Aerators are on'] },
];

// Most of the time goes to compilers of other languages, each in a process of its own: they run together.
describe.concurrent('a domain server', () => {
  it('in TypeScript talks through the mesh', async () => {
    // Below node_modules, so that the program finds its packages.
    const cache = join(root, 'node_modules/.cache');
    await mkdir(cache, { recursive: true });
    const folder = await mkdtemp(join(cache, 'example-'));
    try {
      const outfile = join(folder, 'domain-server.mjs');
      await build({
        entryPoints: [join(root, 'examples/typescript/domain-server.ts')],
        bundle: true,
        platform: 'node',
        format: 'esm',
        packages: 'external',
        outfile,
      });
      const { stdout } = await run(process.execPath, [outfile], { env: environment, timeout: 30_000 });
      expect(stepsOf(stdout)).toEqual(whatItDoes);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });

  it.skipIf(!hasPython())(
    'in Python, with stubs made by grpcio-tools, does the same',
    async () => {
      const { python, stubs } = await openPython();
      const { stdout } = await run(python, [join(root, 'examples/python/domain_server.py')], {
        env: { ...environment, PYTHONPATH: stubs, PYTHONDONTWRITEBYTECODE: '1' },
        timeout: 30_000,
      });
      expect(stepsOf(stdout)).toEqual(whatItDoes);
    },
    setUpMs,
  );

  it.skipIf(!hasGoHere)(
    'in Go, with stubs made by buf, does the same, and says why it was refused',
    async () => {
      const server = await buildGo();
      const { stdout } = await run(server, { env: environment, timeout: 30_000 });
      expect(stepsOf(stdout)).toEqual(whatItDoes);
      const refused = run(server, { env: { ...environment, FARM_TOKEN: 'forged' }, timeout: 30_000 });
      await expect(refused).rejects.toMatchObject({ code: 1, stderr: expect.stringMatching(/^Unauthenticated: /) });
    },
    setUpMs,
  );

  it.skipIf(!hasJavaHere)(
    'in Java, with stubs made by Maven, does the same, and says why it was refused',
    async () => {
      const command = ['-cp', await buildJava(), 'farm.DomainServer'];
      const { stdout } = await run('java', command, { env: environment, timeout: 30_000 });
      expect(stepsOf(stdout)).toEqual(whatItDoes);
      const refused = run('java', command, { env: { ...environment, FARM_TOKEN: 'forged' }, timeout: 30_000 });
      await expect(refused).rejects.toMatchObject({ code: 1, stderr: expect.stringMatching(/^UNAUTHENTICATED: /) });
    },
    setUpMs,
  );
});
