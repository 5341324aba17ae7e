// What a machine needs, looked at for real: addons are loaded, ports are bound, programs are run.

import { mkdtemp, rm, statfs } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Config, loadConfig } from '../../mesh/config/config.ts';
import { packageRoot } from '../process/version.ts';
import { runningMesh } from '../up/claim.ts';
import { isFree } from '../up/ports.ts';
import type { Finding, Look } from './finding.ts';
import { program } from './program.ts';

type Found = Omit<Finding, 'name'>;

const nodeFloor = [20, 19] as const;
const freeBytesMin = 2 * 1_024 ** 3;
const openFilesMin = 4_096;

export const looks: readonly Look[] = [
  { name: 'node', look: async () => nodeVersion(process.versions.node) },
  { name: 'edge addon', look: edgeAddon },
  { name: 'store addon', look: storeAddon },
  { name: 'configuration', look: configuration },
  { name: 'port', look: port },
  { name: 'disk', look: disk },
  { name: 'open files', look: openFiles },
  program({
    name: 'git',
    args: ['--version'],
    without: 'tests that look at tracked files',
    remedy: 'apt-get install git',
  }),
  program({
    name: 'python3',
    at: '/usr/bin/python3',
    args: ['-c', 'import sys, venv, websockets; print(sys.version.split()[0], "with websockets and venv")'],
    without: 'tests with clients in another language',
    remedy: 'apt-get install python3 python3-websockets python3-venv',
  }),
  program({
    name: 'go',
    args: ['version'],
    without: 'test with a domain server in Go',
    remedy: 'install Go 1.26 or newer',
  }),
  program({
    name: 'java and mvn',
    at: 'mvn',
    args: ['-q', '--version'],
    without: 'test with a domain server in Java',
    remedy: 'apt-get install openjdk-17-jdk-headless maven',
  }),
  program({
    name: 'chromium',
    args: ['--version'],
    without: 'tests of the console in a browser',
    remedy: 'apt-get install chromium',
  }),
  program({
    name: 'redis-server',
    args: ['--version'],
    without: 'tests of the bus over Redis',
    remedy: 'apt-get install redis-server',
  }),
  { name: 'deno', look: deno },
];

export function nodeVersion(version: string): Found {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const enough = major > nodeFloor[0] || (major === nodeFloor[0] && minor >= nodeFloor[1]);
  if (enough) return { state: 'ok', told: version };
  return {
    state: 'missing',
    told: version,
    remedy: `install Node ${nodeFloor.join('.')} or newer (20 and 22 are tested)`,
  };
}

/** The addon is prebuilt for each Node version against a glibc: only loading it tells whether both fit. */
async function edgeAddon(): Promise<Found> {
  const report = process.report?.getReport() as { header?: { glibcVersionRuntime?: string } } | undefined;
  const glibc = report?.header?.glibcVersionRuntime;
  const machine = `Node ${process.versions.node}, ${glibc === undefined ? 'no glibc' : `glibc ${glibc}`}`;
  try {
    await import('uWebSockets.js');
    return { state: 'ok', told: `uWebSockets.js loads (${machine})` };
  } catch (error) {
    return {
      state: 'missing',
      told: `uWebSockets.js does not load (${machine}): ${firstLine(error)}`,
      remedy: 'its build for Node 20 needs glibc 2.36 (Debian 12); for Node 22 and 24, 2.38 (Debian 13, Ubuntu 24.04)',
    };
  }
}

async function storeAddon(): Promise<Found> {
  const folder = await mkdtemp(join(tmpdir(), 'circuit-doctor-'));
  try {
    const { open } = await import('lmdb');
    const database = open({ path: folder });
    await database.put('key', 'value');
    const read = database.get('key');
    await database.close();
    if (read !== 'value') throw new Error('what was written could not be read');
    return { state: 'ok', told: 'lmdb writes and reads' };
  } catch (error) {
    return {
      state: 'missing',
      told: `lmdb does not work: ${firstLine(error)}`,
      remedy: 'the embedded store cannot run here: set MONGODB_URI to a MongoDB server',
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function configuration(): Promise<Found> {
  try {
    loadConfig();
    return { state: 'ok', told: 'no mistake in the environment' };
  } catch (error) {
    return { state: 'missing', told: (error as Error).message, remedy: 'circuit config --table lists every setting' };
  }
}

async function port(): Promise<Found> {
  const { host, port, dataDir } = configOrDefaults();
  if (await isFree(port, host)) return { state: 'ok', told: `${port} on ${host} is free` };
  const running = await runningMesh(dataDir);
  if (running !== undefined) return { state: 'ok', told: `this mesh runs at ${running.url} (process ${running.pid})` };
  return { state: 'missing', told: `${port} on ${host} is taken`, remedy: 'set CIRCUIT_PORT to another port' };
}

/** Mistakes are told by the look at the configuration. */
function configOrDefaults(): Config {
  try {
    return loadConfig();
  } catch {
    return loadConfig(undefined, {});
  }
}

async function disk(): Promise<Found> {
  const { bavail, bsize } = await statfs(packageRoot);
  const told = `${((bavail * bsize) / 1_024 ** 3).toFixed(1)} GiB free`;
  return bavail * bsize >= freeBytesMin
    ? { state: 'ok', told }
    : { state: 'missing', told, remedy: 'free at least 2 GiB' };
}

/** Every socket is an open file. */
async function openFiles(): Promise<Found> {
  const report = process.report?.getReport() as { userLimits?: Record<string, { soft: number | string }> } | undefined;
  const soft = report?.userLimits?.open_files?.soft;
  if (typeof soft !== 'number' || soft >= openFilesMin) return { state: 'ok', told: String(soft ?? 'not limited') };
  return {
    state: 'absent',
    told: `${soft}: as many sockets at most`,
    remedy: 'ulimit -n 65536 before starting an edge for many',
  };
}

async function deno(): Promise<Found> {
  const { denoBinary } = await import('./deno-binary.ts');
  const path = denoBinary();
  if (path !== undefined) return { state: 'ok', told: path };
  return {
    state: 'absent',
    told: 'not installed; services on Deno and their tests need it',
    remedy: 'npm ci (the package deno)',
  };
}

function firstLine(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split('\n')[0] ?? '';
}
