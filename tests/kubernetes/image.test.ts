// The Dockerfile, read; and what its image is made of, packed as it does it, and run.

import { execFileSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { callOverRest } from '../processes/rest.ts';
import { account, asha, environmentOf, ravi, Watched } from '../processes/running-mesh.ts';
import { openTestStore, type TestStore } from '../support/store.ts';

/** It copies some thousand files, and starts processes, on a machine that may be busy. */
const caseMs = 120_000;
const packedBytesMax = 100_000_000;

const dockerfile = readFileSync('Dockerfile', 'utf8');
const ignored = readFileSync('.dockerignore', 'utf8').trim().split('\n');
const tracked = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
  encoding: 'utf8',
}).split('\0');

/** What the image's own Node is called by addons (process.versions.modules), by its major version. */
const moduleVersions: Readonly<Record<string, number>> = { 20: 115, 22: 127, 24: 137 };

describe('the Dockerfile', () => {
  it('copies what is in the repository, and of what is built only what was packed', () => {
    const copied = [...dockerfile.matchAll(/^COPY (--from=\S+ )?(.+) \S+$/gm)];
    const built = copied.filter(([, stage]) => stage !== undefined);
    expect(built.map(([line]) => line)).toEqual(['COPY --from=build /packed ./']);
    expect(dockerfile).toMatch(/^RUN node scripts\/pack\.mjs \/packed$/m);
    const sources = copied.filter(([, stage]) => stage === undefined).flatMap(([, , paths = '']) => paths.split(' '));
    expect(sources).toEqual(['package.json', 'package-lock.json', '.npmrc', '.']);
    for (const path of [...sources.slice(0, -1), 'scripts/pack.mjs']) {
      expect(tracked).toContain(path);
      expect(ignored).not.toContain(path);
    }
  });

  it('leaves nothing out that the build reads', () => {
    const { include } = JSON.parse(readFileSync('tsconfig.json', 'utf8')) as { include: string[] };
    const made = new Set(['gen']);
    const left = include.filter((path) => !made.has(path) && ignored.includes(path.split('/')[0] as string));
    expect(left).toEqual([]);
    for (const needed of ['proto', 'scripts', 'web']) expect(ignored).not.toContain(needed);
  });

  it('is built upon, for traces, by an entry point of its kind, and by no variable that the deployments have', () => {
    const [, shown = ''] = /^```dockerfile\n([\s\S]*?)^```$/m.exec(readFileSync('docs/operations.md', 'utf8')) ?? [];
    const entryOf = (text: string) => JSON.parse(/^ENTRYPOINT (\[.+\])$/m.exec(text)?.[1] ?? '[]') as string[];
    const entry = entryOf(shown);
    expect(entry).toContain('--import=/otel/otlp.mjs');
    expect(entry.filter((word) => !word.startsWith('--import='))).toEqual(entryOf(dockerfile));
    const deployments = ['chat', 'edge'].map((name) => readFileSync(`k8s/base/${name}/deployment.yaml`, 'utf8')).join();
    const names = [...shown.matchAll(/^ENV (\w+)/gm)].map(([, name = '']) => name);
    expect(names.filter((name) => deployments.includes(`name: ${name}\n`))).toEqual([]);
  });

  it('runs on a Node for which the addon of the edge is built, on both kinds of processors', () => {
    const [, major = ''] = /^ARG NODE_IMAGE=node:(\d+)-/m.exec(dockerfile) ?? [];
    const addons = readdirSync('node_modules/uWebSockets.js').filter((name) => name.endsWith('.node'));
    for (const processor of ['x64', 'arm64']) {
      expect(addons).toContain(`uws_linux_${processor}_${moduleVersions[major]}.node`);
    }
  });
});

describe('what is packed for the image', { timeout: caseMs }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'circuit-image-'));
  const app = join(folder, 'app');
  const running: Watched[] = [];
  let store: TestStore;
  let files: readonly string[];
  beforeAll(async () => {
    store = await openTestStore();
    const script = `import('./scripts/pack.mjs').then(({ pack }) => pack(${JSON.stringify(app)}))`;
    execFileSync(process.execPath, ['-e', script]);
    const paths = readdirSync(app, { recursive: true, encoding: 'utf8' });
    files = paths.filter((path) => statSync(join(app, path)).isFile());
  }, caseMs);
  afterAll(async () => {
    for (const each of running) each.kill('SIGTERM');
    await Promise.all(running.map(({ ended }) => ended));
    await store.close();
    rmSync(folder, { recursive: true, force: true });
  });

  /** A process of the image, as its ENTRYPOINT starts it. */
  function circuit(args: readonly string[], more: NodeJS.ProcessEnv = {}): Watched {
    const [, entry = ''] = /^ENTRYPOINT (\[.+\])$/m.exec(dockerfile) ?? [];
    const [, ...before] = JSON.parse(entry) as string[];
    const environment = { ...environmentOf(folder), NODE_ENV: 'production', ...more };
    const started = new Watched(args, environment, { command: process.execPath, before, cwd: app });
    running.push(started);
    return started;
  }

  it('has no test, no bench, no package of developers, and the addon of one Node', () => {
    const ours = files.filter((path) => !path.startsWith('node_modules/'));
    expect(ours.filter((path) => /\.test\.|(^|\/)(tests|bench|examples|testing|testdata)\//.test(path))).toEqual([]);
    const { devDependencies } = JSON.parse(readFileSync('package.json', 'utf8')) as Record<string, object>;
    const packages = Object.keys(devDependencies ?? {}).filter((name) => !name.startsWith('@types/'));
    expect(packages.filter((name) => existsSync(join(app, 'node_modules', name)))).toEqual([]);
    expect(files.filter((path) => /\/uws_[^/]*\.node$/.test(path))).toHaveLength(1);
    const bytes = files.reduce((sum, path) => sum + statSync(join(app, path)).size, 0);
    expect(bytes).toBeLessThan(packedBytesMax);
  });

  it('finds everything in order where it stands', async () => {
    const doctor = circuit(['doctor']);
    expect(await doctor.ended).toEqual({ code: 0, signal: null });
    expect(doctor.lines.join('\n')).toMatch(/✓ node .*\n✓ edge addon .*\n✓ store addon/);
  });

  it('serves: a user writes to another one, and the console is there', async () => {
    const { privateKey } = generateKeyPairSync('ed25519');
    writeFileSync(join(folder, 'token-key'), privateKey.export({ type: 'pkcs8', format: 'pem' }));
    // As the overlay for a trial has it: the key that signs is all that proves who is who.
    const keys = { CIRCUIT_TOKEN_KEY_FILE: join(folder, 'token-key'), CIRCUIT_ID_KEY: 'a key that tests share' };
    const database = { MONGODB_URI: store.uri };
    expect((await circuit(['migrate'], database).ended).code).toBe(0);
    const chat = await listening(circuit(['serve', 'chat'], { ...keys, ...database, CIRCUIT_GRPC_PORT: '0' }));
    const url = await listening(circuit(['edge'], { ...keys, CIRCUIT_PEERS: `chat=${chat}` }));

    const token = async (user: string) => {
      const signing = circuit(['token', 'user', user, '--account', account], keys);
      await signing.ended;
      return signing.lines.at(-1) ?? '';
    };
    const [ashas, ravis] = [await token(asha), await token(ravi)];
    await callOverRest(url, ravis, 'GET', '/api/chat/conversations');
    const { conversation } = await callOverRest<{ conversation: { conversation_id: string } }>(
      url,
      ashas,
      'POST',
      '/api/chat/conversations',
      { request_id: 'a first conversation', type: 'direct', participant_keys: [ravi] },
    );
    const path = `/api/chat/conversations/${conversation.conversation_id}/messages`;
    const content = { type: 'text', text: 'DO is 2.1' };
    await callOverRest(url, ashas, 'POST', path, { client_message_id: 'a first message', content });
    const { messages } = await callOverRest<{ messages: unknown[] }>(url, ravis, 'GET', path);
    expect(messages).toContainEqual(expect.objectContaining({ content: expect.objectContaining(content) }));
    expect(await (await fetch(url)).text()).toContain('<!doctype html>');
  });
});

async function listening(process: Watched): Promise<string> {
  return (JSON.parse(await process.line(/^\{"listening":/)) as { listening: string }).listening;
}
