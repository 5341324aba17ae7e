// Sockets of plain apps that stay open and write down how they are closed.

import { WebSocket } from 'ws';

export type Close = { readonly code: number; readonly reason: string; readonly at: number };

export class Standers {
  readonly closes: Close[] = [];
  readonly #sockets: WebSocket[] = [];

  /** Resolves when so many sockets are ready. */
  static async open(url: string, token: string, count: number): Promise<Standers> {
    const standers = new Standers();
    await Promise.all(Array.from({ length: count }, () => standers.#open(url, token)));
    return standers;
  }

  close(): void {
    for (const socket of this.#sockets) {
      socket.removeAllListeners('close');
      socket.terminate();
    }
  }

  #open(url: string, token: string): Promise<void> {
    const headers = { authorization: `Bearer ${token}` };
    const socket = new WebSocket(`${url.replace(/^http/, 'ws')}/ws`, 'circuit.v1.json', { headers });
    this.#sockets.push(socket);
    socket.on('close', (code, reason) => {
      this.closes.push({ code, reason: reason.toString(), at: performance.now() });
    });
    return new Promise((resolve, reject) => {
      socket.once('error', reject);
      socket.on('message', (bytes) => {
        if (JSON.parse(bytes.toString()).event === 'ready') resolve();
      });
    });
  }
}
