// A process of the bench: started from a compiled file, spoken to by messages, asked what it used.

import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const collections = 6;
const betweenCollectionsMs = 150;

/** What every process of the bench answers to. */
export type Ask = { readonly id: number; readonly name: string; readonly args: readonly unknown[] };
type Answer = { readonly id: number; readonly value?: unknown; readonly error?: string };

export class Subject {
  readonly #child: ChildProcess;
  readonly #waiting = new Map<number, { resolve: (value: unknown) => void; reject: (error: Error) => void }>();
  #id = 0;

  private constructor(child: ChildProcess) {
    this.#child = child;
    child.on('message', (message) => {
      const { id, value, error } = message as Answer;
      const waiting = this.#waiting.get(id);
      this.#waiting.delete(id);
      if (error === undefined) waiting?.resolve(value);
      else waiting?.reject(new Error(error));
    });
    child.on('exit', (code) => {
      for (const { reject } of this.#waiting.values()) reject(new Error(`a process of the bench ended with ${code}`));
    });
  }

  /** `file` is beside the caller, such as `./edge-server.js`. */
  static start(file: string, from: string): Subject {
    const path = fileURLToPath(new URL(file, from));
    return new Subject(fork(path, { execArgv: ['--expose-gc'], stdio: ['ignore', 'ignore', 'inherit', 'ipc'] }));
  }

  ask<T>(name: string, ...args: unknown[]): Promise<T> {
    const id = ++this.#id;
    this.#child.send({ id, name, args } satisfies Ask);
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve: resolve as (value: unknown) => void, reject });
    });
  }

  /** Processor time that the process has used, user and system, in seconds. */
  cpuSeconds(): Promise<number> {
    return this.ask<number>('cpuSeconds');
  }

  /** Its resident memory after a collection of garbage. */
  residentBytes(): Promise<number> {
    return this.ask<number>('residentBytes');
  }

  async close(): Promise<void> {
    if (this.#child.exitCode !== null) return;
    const ended = once(this.#child, 'exit');
    this.ask('end').catch(() => {});
    await ended;
  }
}

export type Commands = Readonly<Record<string, (...args: never[]) => unknown>>;

/** In the process: answers to these, and to what every process is asked. */
export function serve(commands: Commands): void {
  // Whoever started it is gone, perhaps in the middle of a failure.
  process.on('disconnect', () => process.exit(1));
  const all: Commands = { cpuSeconds, residentBytes, end: () => process.exit(0), ...commands };
  process.on('message', async (message) => {
    const { id, name, args } = message as Ask;
    try {
      const value = await all[name]?.(...(args as never[]));
      process.send?.({ id, value } satisfies Answer);
    } catch (error) {
      process.send?.({ id, error: String(error) } satisfies Answer);
    }
  });
}

function cpuSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

/** Pages are swept and given back between collections: one alone would count what is already free. */
async function residentBytes(): Promise<number> {
  for (let n = 0; n < collections; n++) {
    globalThis.gc?.();
    await delay(betweenCollectionsMs);
  }
  return process.memoryUsage.rss();
}
