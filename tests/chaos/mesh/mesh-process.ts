// One process of the mesh under test, kept running as a supervisor would: started again when a start fails, killed,
// paused and told to end by the nemesis. Whoever wants to know its address is told at every start.

import { type ChildProcess, spawn } from 'node:child_process';
import { createWriteStream, type WriteStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';

export type ProcessOptions = {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly environment: NodeJS.ProcessEnv;
  /** What it prints goes here, one start after the other. */
  readonly logFile: string;
  /** Of the line that it prints once it listens. */
  readonly addressIn: (line: string) => string | undefined;
  readonly onListening: (address: string) => void;
  /** Every line that it prints. */
  readonly onLine?: (line: string) => void;
  /** It ended although nobody told it to. */
  readonly onDeath: () => void;
};

/** A start that failed, since what it needs is away, is tried again after this. */
const restartMs = 300;
/** Longer than any start should take on a busy machine. */
const startMsMax = 60_000;
const linesKept = 20;

export class MeshProcess {
  readonly name: string;
  readonly #options: ProcessOptions;
  readonly #log: WriteStream;
  readonly #lines: string[] = [];
  #child: ChildProcess | undefined;
  #gone: Promise<void> = Promise.resolve();
  #listening = false;
  /** Its end is wanted: by the nemesis, or since the run is over. */
  #expected = false;

  constructor(options: ProcessOptions) {
    this.name = options.name;
    this.#options = options;
    this.#log = createWriteStream(options.logFile, { flags: 'a' });
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /** Resolves when it listens; starts again and again until then. Throws after a minute, with what it said last. */
  async start(): Promise<void> {
    const guard = AbortSignal.timeout(startMsMax);
    while (!guard.aborted) {
      if (await this.#startOnce(guard)) return;
      if (!guard.aborted) await delay(restartMs);
    }
    throw new Error(`${this.name} did not start:\n${this.#lines.join('\n')}`);
  }

  /** Ends it at once, as a machine that dies would, also while it is paused. */
  async kill(): Promise<void> {
    await this.#end('SIGKILL', 0);
  }

  /** Asks it to end in order; kills it when it has not within the time. */
  async end(withinMs: number): Promise<void> {
    await this.#end('SIGTERM', withinMs);
  }

  pause(): void {
    this.#child?.kill('SIGSTOP');
  }

  resume(): void {
    this.#child?.kill('SIGCONT');
  }

  signal(signal: NodeJS.Signals): void {
    this.#child?.kill(signal);
  }

  async close(withinMs: number): Promise<void> {
    this.resume();
    await this.end(withinMs);
    this.#log.end();
  }

  async #end(signal: NodeJS.Signals, withinMs: number): Promise<void> {
    const child = this.#child;
    if (child === undefined) return;
    this.#expected = true;
    child.kill(signal);
    const timer = withinMs > 0 ? setTimeout(() => child.kill('SIGKILL'), withinMs) : undefined;
    await this.#gone;
    clearTimeout(timer);
  }

  /** True when it listens. */
  #startOnce(guard: AbortSignal): Promise<boolean> {
    const { command, args, environment } = this.#options;
    const child = spawn(command, args, { env: environment, stdio: ['pipe', 'pipe', 'pipe'] });
    this.#child = child;
    this.#expected = false;
    this.#listening = false;
    child.stdin.on('error', () => {});
    return new Promise((resolve) => {
      const giveUp = () => child.kill('SIGKILL');
      guard.addEventListener('abort', giveUp, { once: true });
      const started = (listens: boolean) => {
        guard.removeEventListener('abort', giveUp);
        resolve(listens);
      };
      for (const stream of [child.stdout, child.stderr]) {
        createInterface({ input: stream }).on('line', (line) => this.#read(line, () => started(true)));
      }
      this.#gone = new Promise((gone) => {
        child.once('error', () => gone());
        child.once('exit', () => gone());
      });
      void this.#gone.then(() => {
        if (this.#listening && !this.#expected) this.#options.onDeath();
        started(false);
      });
    });
  }

  #read(line: string, onListening: () => void): void {
    this.#log.write(`${line}\n`);
    this.#lines.push(line);
    if (this.#lines.length > linesKept) this.#lines.shift();
    this.#options.onLine?.(line);
    const address = this.#listening ? undefined : this.#options.addressIn(line);
    if (address === undefined) return;
    this.#listening = true;
    this.#options.onListening(address);
    onListening();
  }
}
