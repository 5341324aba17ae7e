import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openTestStore, type TestStore } from '../support/store.ts';
import { dataFolder, environmentOf, Watched } from './running-mesh.ts';

/** Each case starts processes, on a machine that may be busy with other tests. */
const caseMs = 120_000;

let folder: Awaited<ReturnType<typeof dataFolder>>;
let store: TestStore;
beforeAll(async () => {
  folder = await dataFolder();
  store = await openTestStore();
});
afterAll(async () => {
  await store.close();
  await folder.remove();
});

/** Runs a command to its end: its exit code and all it printed. */
async function run(args: readonly string[], more: NodeJS.ProcessEnv = {}) {
  const command = new Watched(args, { ...environmentOf(folder.path), ...more });
  const { code } = await command.ended;
  return { code, text: command.lines.join('\n') };
}

const service = () => ({
  MONGODB_URI: store.uri,
  CIRCUIT_TOKEN_SECRET: 'a secret of at least thirty-two bytes',
  CIRCUIT_ID_KEY: 'a key that tests share',
  CIRCUIT_GRPC_PORT: '0',
});

describe('circuit', { timeout: caseMs }, () => {
  it('lists its commands, and finds the one that was probably meant', async () => {
    expect(await run(['help'])).toMatchObject({ code: 0, text: expect.stringContaining('circuit serve') });
    expect(await run(['serv'])).toMatchObject({ code: 2, text: expect.stringContaining('did you mean "serve"?') });
  });

  it('says how a command is called, and does nothing else', async () => {
    const asked = async (name: string) =>
      expect(await run([name, '--help'])).toMatchObject({ code: 0, text: expect.stringMatching(`^circuit ${name}`) });
    await Promise.all(['up', 'edge', 'migrate'].map(asked));
  });

  it('tells every mistake of the configuration at once, without a stack', async () => {
    const { code, text } = await run(['edge'], { CIRCUIT_PORT: 'http', CIRCUIT_DRAIN: '5 minutes', CIRCUIT_PROT: '1' });
    expect(code).toBe(2);
    for (const name of ['CIRCUIT_PORT', 'CIRCUIT_DRAIN', 'CIRCUIT_PROT']) expect(text).toContain(name);
    expect(text).not.toContain('    at ');
  });
});

describe('circuit doctor', { timeout: caseMs }, () => {
  it('looks at the machine, and ends with 1 where the mesh could not run', async () => {
    const well = await run(['doctor']);
    expect(well.text).toMatch(/✓ node .*\n✓ edge addon .*\n✓ store addon/);
    const ill = await run(['doctor'], { CIRCUIT_PORT: 'http' });
    expect(ill).toMatchObject({
      code: 1,
      text: expect.stringContaining('The mesh cannot run here yet: configuration'),
    });
  });
});

describe('circuit token', { timeout: caseMs }, () => {
  it('signs for a user, and says what is wrong with one that is none', async () => {
    const key = { CIRCUIT_TOKEN_SECRET: 'a secret of at least thirty-two bytes' };
    const signed = await run(
      ['token', 'user', '100000000001', '--account', '900000000001', '--role', 'moderator'],
      key,
    );
    const claims = JSON.parse(Buffer.from(signed.text.split('.')[1] ?? '', 'base64url').toString());
    expect(claims).toMatchObject({ sub: '100000000001', account: '900000000001', roles: ['moderator'] });
    expect(await run(['token', 'user', 'asha'], key)).toMatchObject({ code: 2 });
    expect(await run(['token', 'user', '100000000001', '--account', '900000000001'])).toMatchObject({
      code: 2,
      text: expect.stringContaining('no key that signs'),
    });
  });
});

describe('circuit serve', { timeout: caseMs }, () => {
  it('refuses to run on a database that lacks what it needs, until it was migrated', async () => {
    const before = await run(['serve', 'chat'], service());
    expect(before).toMatchObject({ code: 2, text: expect.stringContaining('run circuit migrate') });
    expect(await run(['migrate'], service())).toMatchObject({ code: 0 });

    const serving = new Watched(['serve', 'chat'], { ...environmentOf(folder.path), ...service() });
    await serving.line(/^\{"listening":/);
    serving.kill('SIGTERM');
    expect(await serving.ended).toEqual({ code: 0, signal: null });
  });

  it('knows its services', async () => {
    expect(await run(['serve'])).toMatchObject({ code: 2, text: expect.stringContaining('chat') });
    expect(await run(['serve', 'chess'])).toMatchObject({
      code: 2,
      text: expect.stringContaining('no service "chess"'),
    });
  });

  it('says so when the database cannot be reached', async () => {
    const away = { ...service(), MONGODB_URI: 'mongodb://127.0.0.1:1/circuit', CIRCUIT_MONGODB_SELECTION: '300ms' };
    const { code, text } = await run(['serve', 'chat'], away);
    expect(code).toBe(1);
    expect(text).toContain('ECONNREFUSED');
  });
});

describe('circuit up', { timeout: caseMs }, () => {
  it('says so when its port is taken, and starts nothing', async () => {
    const other = createServer();
    await new Promise<void>((listening) => other.listen(0, '127.0.0.1', listening));
    const { port } = other.address() as { port: number };
    const { code, text } = await run(['up'], { CIRCUIT_PORT: String(port) });
    await new Promise((closed) => other.close(closed));
    expect(code).toBe(2);
    expect(text).toContain(`port ${port} on 127.0.0.1 is taken`);
  });

  it('says in one line that it cannot have its data where a file is', async () => {
    const file = `${folder.path}/file`;
    await writeFile(file, '');
    const { code, text } = await run(['up'], { CIRCUIT_DATA: file });
    expect({ code, text }).toEqual({ code: 2, text: `circuit: CIRCUIT_DATA: ${file} is a file, not a folder` });
  });

  it('says so when the port asked for gRPC is taken', async () => {
    const other = createServer();
    await new Promise<void>((listening) => other.listen(0, '127.0.0.1', listening));
    const { port } = other.address() as { port: number };
    const { code, text } = await run(['up'], { CIRCUIT_GRPC_PORT: String(port) });
    await new Promise((closed) => other.close(closed));
    expect(code).toBe(2);
    expect(text).toContain(`port ${port} on 127.0.0.1 is taken: set CIRCUIT_GRPC_PORT`);
  });

  it('ends in order when it is told to while it starts', async () => {
    const up = new Watched(['up'], environmentOf(folder.path));
    await up.line(/starting the store/);
    up.kill('SIGINT');
    expect((await up.ended).code).toBe(0);
    expect(up.lines.at(-1)).toContain('ended');
  });
});
