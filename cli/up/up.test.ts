import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { claim, type RunningMesh, runningMesh } from './claim.ts';
import { devKeysIn, ensureDevKeys, environmentWithDevKeys } from './dev-keys.ts';
import { LogFile } from './log-file.ts';
import { planMesh } from './plan.ts';
import { choosePorts } from './ports.ts';
import { openScreen } from './screen.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'circuit-up-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const mesh: RunningMesh = {
  pid: 7,
  ready: true,
  url: 'http://127.0.0.1:1',
  urls: ['http://127.0.0.1:1'],
  grpc: '127.0.0.1:2',
  processes: { edge: 8 },
};

describe('a claim on a data folder', () => {
  it('tells the next one who holds it, and lets go', async () => {
    const first = await claim(folder, () => mesh);
    expect(await claim(folder, () => mesh)).toEqual(mesh);
    expect(await runningMesh(folder)).toEqual(mesh);
    if ('close' in first) await first.close();
    expect(await runningMesh(folder)).toBeUndefined();
    const second = await claim(folder, () => mesh);
    expect(second).toHaveProperty('close');
    if ('close' in second) await second.close();
  });

  it('works in a folder whose path is longer than a socket may have', async () => {
    const { mkdirSync } = await import('node:fs');
    const deep = join(folder, 'd'.repeat(120));
    mkdirSync(deep);
    const held = await claim(deep, () => mesh);
    expect(await runningMesh(deep)).toEqual(mesh);
    if ('close' in held) await held.close();
  });
});

describe('the ports inside a mesh', () => {
  const anyPorts = { edge: 0, grpc: 0 };

  it('are kept, but for one that somebody else took', async () => {
    const names = ['store', 'services'] as const;
    const first = await choosePorts(folder, names);
    expect(new Set(Object.values(first)).size).toBe(Object.values(first).length);
    expect(await choosePorts(folder, names)).toEqual(first);

    const other = createServer();
    await new Promise<void>((listening) => other.listen(first.store, '127.0.0.1', listening));
    const second = await choosePorts(folder, names);
    await new Promise((closed) => other.close(closed));
    expect(second.store).not.toBe(first.store);
    expect(second.services).toBe(first.services);
  });

  it('are those that were asked for, but where these are taken', async () => {
    const plan = { edges: 2, services: 1, redis: false, tls: false };
    // Free a moment ago, and not given out again so soon.
    const { edge, edge2, grpc } = await choosePorts(folder, ['edge', 'edge2', 'grpc']);
    const asked = await planMesh(folder, plan, { edge: Math.min(edge, edge2), grpc });
    expect(asked.services[0]?.port).toBe(grpc);
    expect(asked.edges[0]?.port).toBe(Math.min(edge, edge2));

    const other = createServer();
    await new Promise<void>((listening) => other.listen(grpc, '127.0.0.1', listening));
    const [evaded] = (await planMesh(folder, plan, { edge: 0, grpc })).services;
    expect(evaded?.port).not.toBe(grpc);
    expect((await planMesh(folder, plan, { edge: 0, grpc })).services[0]).toEqual(evaded);
    await new Promise((closed) => other.close(closed));
  });

  it('are each process its own, and stay so when there are fewer', async () => {
    const many = await planMesh(folder, { edges: 2, services: 2, redis: true, tls: false }, anyPorts);
    expect([...many.services, ...many.edges].map(({ name }) => name)).toEqual([
      'services-1',
      'services-2',
      'edge-1',
      'edge-2',
    ]);
    const ports = [...many.services, ...many.edges].flatMap(({ port, adminPort }) => [port, adminPort]);
    expect(new Set([...ports, many.storePort, many.redisPort]).size).toBe(10);
    const one = await planMesh(folder, { edges: 1, services: 1, redis: false, tls: false }, anyPorts);
    expect(one.services).toEqual([{ ...many.services[0], name: 'services' }]);
    expect(await planMesh(folder, { edges: 2, services: 2, redis: true, tls: false }, anyPorts)).toEqual(many);
  });
});

describe('dev keys', () => {
  it('are made once, for the owner only', () => {
    const { tokenKeyFile, idKeyFile } = ensureDevKeys(folder);
    const before = [readFileSync(tokenKeyFile, 'utf8'), readFileSync(idKeyFile, 'utf8')];
    expect(before[0]).toContain('PRIVATE KEY');
    for (const file of [tokenKeyFile, idKeyFile]) expect(statSync(file).mode & 0o077).toBe(0);
    ensureDevKeys(folder);
    expect([readFileSync(tokenKeyFile, 'utf8'), readFileSync(idKeyFile, 'utf8')]).toEqual(before);
  });

  it('stand in for keys that the environment does not name, and only for those', () => {
    const given = { CIRCUIT_DATA: folder };
    expect(environmentWithDevKeys(given)).toEqual(given);
    ensureDevKeys(folder);
    const { tokenKeyFile, idKeyFile } = devKeysIn(folder);
    expect(environmentWithDevKeys(given)).toMatchObject({
      CIRCUIT_TOKEN_KEY_FILE: tokenKeyFile,
      CIRCUIT_ID_KEY_FILE: idKeyFile,
    });
    const named = { ...given, CIRCUIT_TOKEN_SECRET: 'x', CIRCUIT_ID_KEY: 'y' };
    expect(environmentWithDevKeys(named)).toEqual(named);
  });
});

describe('a log file', () => {
  it('never takes more than twice its bound', () => {
    const path = join(folder, 'logs', 'edge.log');
    const file = new LogFile(path, 100);
    for (let n = 0; n < 50; n += 1) file.write(`line ${n}`);
    file.close();
    expect(statSync(path).size).toBeLessThanOrEqual(100);
    expect(statSync(`${path}.1`).size).toBeLessThanOrEqual(100);
    expect(readFileSync(path, 'utf8')).toContain('line 49\n');
    expect(existsSync(`${path}.2`)).toBe(false);
  });
});

describe('the screen', () => {
  it('shows what matters of the logs, and keeps all of it', () => {
    let shown = '';
    const file = new LogFile(join(folder, 'edge.log'));
    const write = (text: string) => {
      shown += text;
    };
    const screen = openScreen({ write, colour: false, verbose: false, fileOf: () => file });
    screen.line('edge', '{"level":"info","time":"t","msg":"the edge listens","port":8080}');
    screen.line('edge', '{"level":"warn","time":"t","msg":"a Link was lost","peer":"127.0.0.1:7070"}');
    screen.line('edge', 'Segmentation fault');
    file.close();
    expect(shown).toBe('edge      warn  a Link was lost peer=127.0.0.1:7070\nedge      error Segmentation fault\n');
    expect(readFileSync(join(folder, 'edge.log'), 'utf8').split('\n')).toHaveLength(4);
  });
});
