// One person's socket on the tour: it calls, and hears what others do.

import { expect } from 'vitest';
import { WebSocket } from 'ws';
import type { Json } from '../../../edge/testing/app.ts';
import { CircuitError } from '../../../mesh/errors/circuit-error.ts';
import type { Reason } from '../../../mesh/errors/reasons.ts';
import type { MethodSchema } from '../../../mesh/schema/api.ts';
import type { Format, Frame } from './formats.ts';

/** Longer than any answer or event takes on a busy machine; above the 5 s between two heads of a large conversation. */
const guardMs = 15_000;

export class Device {
  /** The names of events that were waited for and came. */
  readonly heard = new Set<string>();
  readonly #socket: WebSocket;
  readonly #format: Format;
  readonly #frames: Frame[] = [];
  #look = (): void => {};
  #id = 0;

  private constructor(socket: WebSocket, format: Format) {
    this.#socket = socket;
    this.#format = format;
    socket.on('error', () => {});
    socket.on('message', (bytes) => {
      this.#frames.push(format.read(bytes as Buffer));
      this.#look();
    });
  }

  /** Resolves when the session is ready. */
  static async open(url: string, token: string, format: Format): Promise<Device> {
    const headers = { authorization: `Bearer ${token}` };
    const socket = new WebSocket(`${url.replace(/^http/, 'ws')}/ws`, format.subprotocol, { headers });
    const device = new Device(socket, format);
    await device.hears('hello', { heartbeat_ms: expect.any(Number) });
    await device.hears('ready', { topics: expect.any(Object) });
    return device;
  }

  /** Throws a CircuitError when it is refused. */
  async call(method: MethodSchema, data: Json): Promise<Json> {
    const id = ++this.#id;
    this.#socket.send(this.#format.write(id, method, data));
    const reply = await this.#next((frame) => ('id' in frame && frame.id === id ? frame : undefined));
    if (reply === undefined) throw new Error('there was no answer');
    if (reply.error) throw new CircuitError(reply.error.reason as Reason, reply.error.message);
    return reply.dataOf(method);
  }

  /** Resolves when an event of this name has said at least this; an event is heard once. */
  async hears(event: string, data: Json): Promise<void> {
    const others: Json[] = [];
    const found = await this.#next((frame) => {
      if (!('event' in frame) || frame.event !== event) return undefined;
      if (saysAtLeast(frame.data, data)) return frame;
      others.push(frame.data);
      return undefined;
    });
    if (found === undefined) expect(others, `no ${event} said so`).toContainEqual(expect.objectContaining(data));
    this.heard.add(event);
  }

  close(): void {
    this.#socket.terminate();
  }

  /** Takes out the first frame, of those that came and those that come, that fits; undefined when none does in time. */
  #next<Found extends Frame>(fits: (frame: Frame) => Found | undefined): Promise<Found | undefined> {
    return new Promise((resolve) => {
      let from = 0;
      const finish = (found: Found | undefined) => {
        clearTimeout(timer);
        this.#look = () => {};
        resolve(found);
      };
      const timer = setTimeout(() => finish(undefined), guardMs);
      this.#look = () => {
        for (; from < this.#frames.length; from++) {
          const found = fits(this.#frames[from]!);
          if (found === undefined) continue;
          this.#frames.splice(from, 1);
          finish(found);
          return;
        }
      };
      this.#look();
    });
  }
}

function saysAtLeast(said: Json, data: Json): boolean {
  try {
    expect(said).toMatchObject(data);
    return true;
  } catch {
    return false;
  }
}
