// One process of the mesh as `circuit up` holds it: started in a group of its own, so that Ctrl-C reaches only `up`,
// which then ends its children in order; and bound by its standard input, so that it ends if `up` is killed.

import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Environment } from '../../mesh/config/config.ts';

/** A program that is not ours: it must end by itself with whoever started it. */
export type Program = {
  readonly command: string;
  readonly args: readonly string[];
  /** The line by which it says that it is ready. */
  readonly ready: RegExp;
  readonly address: string;
};

export type ChildOptions = {
  /** Arguments of `circuit`, such as `['serve', 'chat']`; or a program that is not ours. */
  readonly run: readonly string[] | Program;
  readonly environment: Environment;
  /** Every line that it prints, but the one that says where it listens. */
  readonly onLine: (line: string) => void;
};

export type Ended = { readonly code: number | null; readonly signal: NodeJS.Signals | null };

/** The script that runs now: `dist/cli/circuit.js`. */
const script = process.argv[1] as string;

export class Child {
  readonly pid: number;
  /** Where it listens, once it does; rejects when it ends before that. */
  readonly listening: Promise<string>;
  readonly ended: Promise<Ended>;
  readonly #process: ChildProcess;

  constructor(options: ChildOptions) {
    const { command, args } = 'command' in options.run ? options.run : ours(options.run);
    const child = spawn(command, args, {
      env: options.environment as NodeJS.ProcessEnv,
      stdio: ['pipe', 'pipe', 'pipe'],
      detached: true,
    });
    this.#process = child;
    this.pid = child.pid ?? 0;
    this.ended = new Promise((resolve) => {
      child.once('error', () => resolve({ code: null, signal: null }));
      child.once('close', (code, signal) => resolve({ code, signal }));
    });
    this.listening = new Promise((resolve, reject) => {
      for (const stream of [child.stdout, child.stderr]) {
        createInterface({ input: stream as NodeJS.ReadableStream }).on('line', (line) => {
          const address = 'ready' in options.run ? readyIn(options.run, line) : addressIn(line);
          if (address !== undefined) resolve(address);
          else options.onLine('ready' in options.run ? JSON.stringify({ level: 'info', msg: line }) : line);
        });
      }
      this.ended.then(({ code, signal }) =>
        reject(new Error(`ended with ${signal ?? code ?? 'an error'} before it was ready`)),
      );
    });
    // Who waits is told; when nobody does, the end is seen by `ended`.
    this.listening.catch(() => {});
  }

  /** Asks it to end; kills it when it has not within the time. */
  async end(withinMs: number): Promise<void> {
    this.#process.kill('SIGTERM');
    const timer = setTimeout(() => this.kill(), withinMs);
    await this.ended;
    clearTimeout(timer);
  }

  kill(): void {
    this.#process.kill('SIGKILL');
  }
}

function ours(args: readonly string[]): { readonly command: string; readonly args: readonly string[] } {
  return { command: process.execPath, args: ['--enable-source-maps', script, ...args, '--end-with-parent'] };
}

function readyIn({ ready, address }: Program, line: string): string | undefined {
  return ready.test(line) ? address : undefined;
}

function addressIn(line: string): string | undefined {
  if (!line.startsWith('{"listening":')) return undefined;
  try {
    const { listening } = JSON.parse(line) as { listening: unknown };
    return typeof listening === 'string' ? listening : undefined;
  } catch {
    return undefined;
  }
}
