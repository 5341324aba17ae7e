// Sockets of a test at a target: opened as any app may, ended when the test is over.

import { expect } from 'vitest';
import { WebSocket } from 'ws';
import { App, type Json } from '../../edge/testing/app.ts';
import type { Target } from './target.ts';

export type Positions = Readonly<Record<string, number>>;

export class Sockets {
  readonly #target: Target;
  readonly #opened: WebSocket[] = [];

  constructor(target: Target) {
    this.#target = target;
  }

  /** A socket as it comes. */
  dial(token: string, subprotocols: string | string[] = 'circuit.v1.json', path = '/ws'): WebSocket {
    const headers = token === '' ? {} : { authorization: `Bearer ${token}` };
    const socket = new WebSocket(`${this.#target.url.replace(/^http/, 'ws')}${path}`, subprotocols, { headers });
    // A handshake that was refused is only closed at the end, which `ws` calls an error.
    socket.on('error', () => {});
    this.#opened.push(socket);
    return socket;
  }

  /** An app that has seen `hello` and `ready`, which are put back for the test to read. */
  async connect(token: string): Promise<App> {
    const app = new App(this.dial(token));
    const hello = await app.next(() => true);
    expect(hello).toMatchObject({ event: 'hello' });
    app.frames.unshift(hello, await app.event('ready'));
    return app;
  }

  close(): void {
    for (const socket of this.#opened) socket.terminate();
  }
}

export async function positionsOf(app: App): Promise<Positions> {
  return (dataOf(await app.event('ready')) as { topics: Positions }).topics;
}

export function dataOf(frame: Json): Json {
  expect(frame.error).toBeUndefined();
  return frame.data as Json;
}
