// A socket that is not ours: Debian's python3-websockets in a process of its own.

import { type ChildProcessWithoutNullStreams, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Json } from '../../edge/testing/app.ts';

/** A Python that has `websockets`, first Debian's own; undefined on a machine without one. */
export const websocketsPython = ['/usr/bin/python3', 'python3'].find(
  (each) => spawnSync(each, ['-c', 'import websockets'], { stdio: 'ignore' }).status === 0,
);

export class PythonSocket {
  readonly #process: ChildProcessWithoutNullStreams;
  readonly #frames: AsyncIterator<string>;
  readonly #kept: Json[] = [];
  #complaint = '';
  #id = 0;

  constructor(url: string, token: string) {
    const script = join(import.meta.dirname, 'websockets_client.py');
    this.#process = spawn(websocketsPython ?? 'python3', [script, url, token]);
    this.#process.stderr.on('data', (chunk) => {
      this.#complaint += chunk;
    });
    this.#frames = createInterface({ input: this.#process.stdout })[Symbol.asyncIterator]();
  }

  /** The answer's frame. */
  async call(event: string, data: unknown): Promise<Json> {
    const id = ++this.#id;
    this.#process.stdin.write(`${JSON.stringify({ id, event, data })}\n`);
    return this.next((frame) => frame.id === id);
  }

  /** The first frame, of those that came and those that come, that matches; it is taken out. One asks at a time. */
  async next(matches: (frame: Json) => boolean): Promise<Json> {
    const at = this.#kept.findIndex(matches);
    if (at >= 0) return this.#kept.splice(at, 1)[0]!;
    for (;;) {
      const { value, done } = await this.#frames.next();
      if (done) throw new Error(`Python ended: ${this.#complaint}`);
      const frame = JSON.parse(value) as Json;
      if (matches(frame)) return frame;
      this.#kept.push(frame);
    }
  }

  /** Resolves when its process has ended. */
  async close(): Promise<void> {
    if (this.#process.exitCode !== null) return;
    const ended = once(this.#process, 'close');
    this.#process.stdin.end();
    await ended;
  }
}
