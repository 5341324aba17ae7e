// An app's end of a socket for tests: keeps what it gets until it is asked for.

import { once } from 'node:events';
import type { WebSocket } from 'ws';

export type Json = Readonly<Record<string, unknown>>;

/** A WebSocket that keeps what it gets until a test asks for it. */
export class App {
  readonly socket: WebSocket;
  readonly frames: Json[] = [];
  readonly #waiting: { matches: (frame: Json) => boolean; resolve: (frame: Json) => void }[] = [];
  readonly closed: Promise<{ readonly code: number; readonly reason: string }>;
  #id = 0;

  constructor(socket: WebSocket) {
    this.socket = socket;
    this.closed = once(socket, 'close').then(([code, reason]) => ({ code, reason: String(reason) }));
    socket.on('message', (bytes, isBinary) => this.#take(isBinary ? { bytes } : JSON.parse(String(bytes))));
  }

  /** The first frame, of those that came and those that will, that matches; it is taken out. */
  next(matches: (frame: Json) => boolean): Promise<Json> {
    const at = this.frames.findIndex(matches);
    if (at >= 0) return Promise.resolve(this.frames.splice(at, 1)[0]!);
    return new Promise((resolve) => {
      this.#waiting.push({ matches, resolve });
    });
  }

  event(name: string): Promise<Json> {
    return this.next((frame) => frame.event === name);
  }

  /** The frame that answers. */
  async call(event: string, data: unknown = {}): Promise<Json> {
    const id = ++this.#id;
    this.send({ id, event, data });
    return this.next((frame) => frame.id === id);
  }

  send(frame: unknown): void {
    this.socket.send(typeof frame === 'string' ? frame : JSON.stringify(frame));
  }

  async close(): Promise<void> {
    this.socket.close();
    await this.closed;
  }

  #take(frame: Json): void {
    const at = this.#waiting.findIndex(({ matches }) => matches(frame));
    if (at >= 0) this.#waiting.splice(at, 1)[0]!.resolve(frame);
    else this.frames.push(frame);
  }
}
