// A socket as any app may open it, without the SDK: frames in, frames out.

import { WebSocket } from 'ws';

export type Frame = { readonly id?: number; readonly event?: string; readonly ok?: boolean; readonly data?: unknown };

const guardMs = 15_000;

export class PlainSocket {
  readonly #socket: WebSocket;
  readonly #frames: Frame[] = [];
  readonly #waiting = new Set<() => void>();
  #lastId = 0;

  constructor(url: string, token: string) {
    const headers = { authorization: `Bearer ${token}` };
    this.#socket = new WebSocket(`${url.replace(/^http/, 'ws')}/ws`, 'circuit.v1.json', { headers });
    this.#socket.on('message', (bytes) => {
      this.#frames.push(JSON.parse(bytes.toString()) as Frame);
      for (const look of [...this.#waiting]) look();
    });
    this.#socket.on('error', () => {});
  }

  /** The data of the answer; throws when it is an error. */
  async call<Data>(event: string, data: unknown): Promise<Data> {
    this.#lastId += 1;
    const id = this.#lastId;
    this.#socket.send(JSON.stringify({ id, event, data }));
    const reply = await this.next((frame) => frame.id === id);
    if (reply.ok !== true) throw new Error(`${event} was answered with ${JSON.stringify(reply)}`);
    return reply.data as Data;
  }

  /** The first frame that fits, of those that came and those that come. */
  next(fits: (frame: Frame) => boolean): Promise<Frame> {
    return new Promise((resolve, reject) => {
      const late = () => {
        this.#waiting.delete(look);
        reject(new Error(`no such frame in ${guardMs} ms; there were ${JSON.stringify(this.#frames)}`));
      };
      const timer = setTimeout(late, guardMs);
      const look = () => {
        const found = this.#frames.find(fits);
        if (found === undefined) return;
        clearTimeout(timer);
        this.#waiting.delete(look);
        resolve(found);
      };
      this.#waiting.add(look);
      look();
    });
  }

  close(): void {
    this.#socket.close();
  }
}
