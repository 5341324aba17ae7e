// A mesh of real processes for a test: `circuit up` from dist/, on a data folder and ports of its own.

import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { packageRoot } from '../../cli/process/version.ts';
import { type RunningMesh, runningMesh } from '../../cli/up/claim.ts';

/** What runs: the build of this checkout, unless another one is named. */
const dist = process.env.CIRCUIT_DIST ?? join(packageRoot, 'dist');
export const circuit = join(dist, 'cli/circuit.js');
export const account = '900000000001';
export const asha = '100000000001';
export const ravi = '100000000002';

/** Longer than any start or end should take on a busy machine. */
const guardMs = 60_000;

export type Ended = { readonly code: number | null; readonly signal: NodeJS.Signals | null };

/** What is run, and where; `before` stands before the arguments. `detached` makes it the leader of a group. */
export type Program = {
  readonly command: string;
  readonly before?: readonly string[];
  readonly cwd?: string;
  readonly detached?: boolean;
};

function ours(): Program {
  if (!existsSync(circuit)) throw new Error(`${circuit} is not there: run \`npm run build\` first`);
  return { command: process.execPath, before: [circuit] };
}

/** A process whose lines can be waited for: `circuit`, unless another program is named. */
export class Watched {
  readonly lines: string[] = [];
  readonly ended: Promise<Ended>;
  readonly #process: ChildProcess;
  readonly #group: boolean;
  readonly #waiting = new Set<() => void>();

  constructor(args: readonly string[], environment: NodeJS.ProcessEnv, program: Program = ours()) {
    const { command, before = [], ...more } = program;
    this.#group = more.detached === true;
    const child = spawn(command, [...before, ...args], {
      env: environment,
      ...more,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#process = child;
    for (const stream of [child.stdout, child.stderr]) {
      createInterface({ input: stream }).on('line', (line) => {
        this.lines.push(line);
        this.#look();
      });
    }
    this.ended = new Promise((resolve) => {
      child.once('close', (code, signal) => {
        resolve({ code, signal });
        this.#look();
      });
    });
  }

  get running(): boolean {
    return this.#process.exitCode === null && this.#process.signalCode === null;
  }

  /** Resolves with the first line, from `from` on, that matches; rejects when the process ends without it. */
  line(pattern: RegExp, from = 0, withinMs = guardMs): Promise<string> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(
        () => finish(new Error(`no line like ${pattern} in ${withinMs} ms${this.#told()}`)),
        withinMs,
      );
      const finish = (outcome: string | Error) => {
        clearTimeout(timer);
        this.#waiting.delete(look);
        if (typeof outcome === 'string') resolve(outcome);
        else reject(outcome);
      };
      const look = () => {
        const found = this.lines.slice(from).find((line) => pattern.test(line));
        if (found !== undefined) finish(found);
        else if (!this.running) finish(new Error(`it ended without a line like ${pattern}${this.#told()}`));
      };
      this.#waiting.add(look);
      look();
    });
  }

  /** To the whole group where it leads one, as a terminal does at Ctrl-C. */
  kill(signal: NodeJS.Signals): void {
    if (this.#group && this.#process.pid !== undefined) process.kill(-this.#process.pid, signal);
    else this.#process.kill(signal);
  }

  #look(): void {
    for (const look of [...this.#waiting]) look();
  }

  #told(): string {
    return `:\n${this.lines.slice(-30).join('\n')}`;
  }
}

export type TestMesh = {
  readonly up: Watched;
  readonly dataDir: string;
  readonly url: string;
  readonly environment: NodeJS.ProcessEnv;
  state(): Promise<RunningMesh>;
  /** Kills one process outright, and resolves when it is back. */
  killAndAwait(name: string): Promise<void>;
  /** Ends one process in order, and resolves when it is back. */
  endAndAwait(name: string): Promise<void>;
  /** Ends it in order, leaving its data. */
  stop(signal?: NodeJS.Signals): Promise<Ended>;
};

/** Where a mesh keeps its data between two starts of a test; gone with `remove`. */
export async function dataFolder(): Promise<{ readonly path: string; remove(): Promise<void> }> {
  const path = await mkdtemp(join(tmpdir(), 'circuit-mesh-'));
  return { path, remove: () => rm(path, { recursive: true, force: true }) };
}

export function environmentOf(dataDir: string): NodeJS.ProcessEnv {
  const { PATH, HOME, TMPDIR } = process.env;
  return { PATH, HOME, ...(TMPDIR ? { TMPDIR } : {}), CIRCUIT_DATA: dataDir, CIRCUIT_PORT: '0', NO_COLOR: '1' };
}

/** Starts a mesh and resolves when all of it is ready. */
export async function startMesh(
  dataDir: string,
  more: NodeJS.ProcessEnv = {},
  options: readonly string[] = [],
): Promise<TestMesh> {
  const environment = { ...environmentOf(dataDir), ...more };
  const up = new Watched(['up', ...options], environment);
  try {
    await up.line(/ready in/);
  } catch (error) {
    up.kill('SIGKILL');
    throw error;
  }
  const state = async () => {
    const mesh = await runningMesh(dataDir);
    if (mesh === undefined) throw new Error('the mesh does not answer');
    return mesh;
  };
  const signal = async (name: string, number: NodeJS.Signals) => {
    const pid = (await state()).processes[name];
    if (pid === undefined) throw new Error(`there is no process ${name}`);
    process.kill(pid, number);
  };
  const { url } = await state();
  return {
    up,
    dataDir,
    url,
    environment,
    state,
    async killAndAwait(name) {
      const from = up.lines.length;
      await signal(name, 'SIGKILL');
      await up.line(new RegExp(`${name} is back`), from);
    },
    async endAndAwait(name) {
      const from = up.lines.length;
      await signal(name, 'SIGTERM');
      await up.line(new RegExp(`${name} ended \\(code 0\\)`), from);
      await up.line(new RegExp(`${name} is back`), from);
    },
    stop(signal = 'SIGTERM') {
      up.kill(signal);
      return up.ended;
    },
  };
}

/** Signs one of the ready users in, as an app does in dev mode. */
export async function devToken(url: string, userKey: string): Promise<string> {
  const response = await fetch(`${url}/api/auth/dev-login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ user_key: userKey }),
  });
  if (response.status !== 200) throw new Error(`dev-login answered ${response.status}: ${await response.text()}`);
  const { token } = (await response.json()) as { token: string };
  return token;
}
