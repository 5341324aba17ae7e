// A real Redis for a test, or a cluster of three, on free ports of loopback; they keep nothing.

import { type ChildProcess, execFile, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
/** Of `redis-cli`: thirty thousand channels are a long list. */
const outputBytesMax = 64 * 1_024 * 1_024;
const slotsCount = 16_384;

export type TestRedis = {
  readonly url: string;
  readonly process: ChildProcess;
  /** Asks it something, as `redis-cli` prints it. */
  ask(...command: string[]): Promise<string>;
  /** Kills it with -9, as a machine that dies would. */
  kill(): Promise<void>;
  /** Starts it again at the same address. */
  restart(): Promise<void>;
  close(): Promise<void>;
};

/** Whether this machine has a Redis of version 7 or newer. */
export function hasRedis(): boolean {
  try {
    const version = /v=(\d+)/.exec(execFileSync('redis-server', ['--version'], { encoding: 'utf8' }));
    return Number(version?.[1]) >= 7;
  } catch {
    return false;
  }
}

export async function openTestRedis(): Promise<TestRedis> {
  return openNode(await freePort(), ['--dir', tmpdir()]);
}

export type TestRedisCluster = {
  /** By the first node, as `REDIS_URL` has it. */
  readonly url: string;
  /** Three masters with a third of the slots each, then the replicas. */
  readonly nodes: readonly TestRedis[];
  /** Gives all slots of one node to another, by their places in `nodes`. */
  moveSlots(from: number, to: number): Promise<void>;
  close(): Promise<void>;
};

const mastersCount = 3;

export type TestRedisClusterOptions = {
  readonly password?: string;
  /** Of each master; none if not given. */
  readonly replicas?: number;
};

/** Every slot belongs to a node of its own, and all nodes know that, before this resolves. */
export async function openTestRedisCluster(options: TestRedisClusterOptions = {}): Promise<TestRedisCluster> {
  const { password, replicas = 0 } = options;
  const folder = await mkdtemp(join(tmpdir(), 'circuit-redis-'));
  const ports: number[] = [];
  const nodes: TestRedis[] = [];
  for (let number = 0; number < mastersCount * (1 + replicas); number += 1) {
    const [port, busPort] = [await freePort(), await freePort()];
    const cluster = ['--cluster-enabled', 'yes', '--cluster-port', String(busPort), '--cluster-node-timeout', '1000'];
    const secret = password === undefined ? [] : ['--requirepass', password, '--masterauth', password];
    const files = ['--dir', folder, '--cluster-config-file', `nodes-${number}.conf`];
    ports.push(port);
    nodes.push(await openNode(port, [...cluster, ...secret, ...files], password));
  }
  const addresses = ports.map((port) => `127.0.0.1:${port}`);
  const copies = ['--cluster-replicas', String(replicas)];
  await run('redis-cli', [...signIn(password), '--cluster', 'create', ...addresses, ...copies, '--cluster-yes']);
  for (const node of nodes) await untilInOrder(node);
  return {
    url: `redis://${password === undefined ? '' : `:${encodeURIComponent(password)}@`}${addresses[0]}?cluster=true`,
    nodes,
    async moveSlots(from, to) {
      const ids = await Promise.all([from, to].map((at) => nodes[at]!.ask('CLUSTER', 'MYID')));
      const which = [
        '--cluster-from',
        ids[0]!,
        '--cluster-to',
        ids[1]!,
        '--cluster-slots',
        String(Math.ceil(slotsCount / mastersCount)),
      ];
      const how = ['--cluster-yes', '--cluster-pipeline', '100'];
      await run('redis-cli', [...signIn(password), '--cluster', 'reshard', addresses[0]!, ...which, ...how], {
        maxBuffer: outputBytesMax,
      });
    },
    async close() {
      await Promise.all(nodes.map((node) => node.close()));
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** It serves its slots, or has a copy of its master's. */
async function untilInOrder(node: TestRedis): Promise<void> {
  for (;;) {
    const told = `${await node.ask('CLUSTER', 'INFO')} ${await node.ask('INFO', 'replication')}`;
    if (told.includes('cluster_state:ok') && /role:master|master_link_status:up/.test(told)) return;
  }
}

function signIn(password: string | undefined): string[] {
  return password === undefined ? [] : ['--no-auth-warning', '-a', password];
}

async function openNode(port: number, settings: readonly string[], password?: string): Promise<TestRedis> {
  let running = await start(port, settings);
  const kill = async () => {
    if (running.exitCode !== null || running.signalCode !== null) return;
    const gone = once(running, 'exit');
    running.kill('SIGKILL');
    await gone;
  };
  return {
    url: `redis://127.0.0.1:${port}`,
    get process() {
      return running;
    },
    async ask(...command) {
      const { stdout } = await run('redis-cli', [...signIn(password), '-p', String(port), ...command], {
        maxBuffer: outputBytesMax,
      });
      return stdout.trim();
    },
    kill,
    async restart() {
      await kill();
      running = await start(port, settings);
    },
    close: kill,
  };
}

async function start(port: number, settings: readonly string[]): Promise<ChildProcess> {
  const keepsNothing = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'];
  const child = spawn('redis-server', [...keepsNothing, ...settings], { stdio: ['ignore', 'pipe', 'inherit'] });
  for await (const chunk of child.stdout) {
    if (String(chunk).includes('Ready to accept connections')) break;
  }
  child.stdout.resume();
  return child;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
