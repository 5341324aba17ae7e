// Sockets that read and do nothing: counts the frames that come to many of them, in a process of its own.

import { randomBytes } from 'node:crypto';
import { connect } from 'node:net';
import { serve } from './subject.ts';

export type LoadOptions = {
  readonly port: number;
  readonly path: string;
  readonly subprotocol?: string;
  /** One for each socket; used in turn. */
  readonly tokens: readonly string[];
  readonly count: number;
  /** Frames that each socket gets before it counts as open. */
  readonly greeting: number;
  /** Sent after the upgrade, such as the joining of Socket.IO. */
  readonly say?: string;
};

/** Handshakes under way at a time. */
const openingMax = 64;
/** Frames that have not come after so long never will. */
const waitMsMax = 30_000;

type Waiting = { readonly frames: number; readonly reached: () => void; readonly fail: (error: Error) => void };

let frames = 0;
let waiting: Waiting | undefined;
/** A socket less: what is waited for from now on never comes whole. */
let lost: Error | undefined;

/** Of a frame's first byte: control frames have it. */
const controlBit = 8;
const pingByte = 0x89;
/** Masked with zeros. A server cuts who does not answer its pings, a minute after the start. */
const pong = Buffer.from([0x8a, 0x80, 0, 0, 0, 0]);
/** Engine.IO's ping and pong are text frames of one character, and who does not answer is cut. */
const engineIoPong = '3';

/** Counts frames of a server (no masks) in a stream of chunks; pings are no deliveries. */
class FrameCounter {
  /** Text frames of one character since the last look. */
  engineIoPings = 0;
  /** Pings of the protocol, which carry nothing here, since the last look. */
  pings = 0;
  #header = Buffer.alloc(10);
  #have = 0;
  #left = 0;
  #counts = false;

  /** Frames that ended in this chunk. */
  count(chunk: Buffer): number {
    let ended = 0;
    let at = 0;
    while (at < chunk.length) {
      if (this.#left > 0) {
        const step = Math.min(this.#left, chunk.length - at);
        this.#left -= step;
        at += step;
        if (this.#left === 0 && this.#counts) ended++;
        continue;
      }
      this.#header[this.#have++] = chunk[at++]!;
      const size = this.#size();
      if (size < 0) continue;
      this.#have = 0;
      this.#left = size;
      if (this.#header[0] === pingByte) this.pings++;
      else if (size === 1) this.engineIoPings++;
      this.#counts = size > 1 && (this.#header[0]! & controlBit) === 0;
    }
    return ended;
  }

  /** The payload's length once the header is whole; -1 before. */
  #size(): number {
    if (this.#have < 2) return -1;
    const short = this.#header[1]! & 127;
    if (short < 126) return short;
    if (short === 126) return this.#have < 4 ? -1 : this.#header.readUInt16BE(2);
    return this.#have < 10 ? -1 : Number(this.#header.readBigUInt64BE(2));
  }
}

function add(count: number): void {
  frames += count;
  if (waiting !== undefined && frames >= waiting.frames) waiting.reached();
}

function openOne(options: LoadOptions, token: string): Promise<void> {
  const { port, path, subprotocol, greeting, say } = options;
  return new Promise((resolve, reject) => {
    const counter = new FrameCounter();
    let head = '';
    let upgraded = false;
    let greeted = 0;
    const take = (chunk: Buffer): void => {
      const count = counter.count(chunk);
      for (; counter.engineIoPings > 0; counter.engineIoPings--) socket.write(masked(engineIoPong));
      for (; counter.pings > 0; counter.pings--) socket.write(pong);
      if (greeted >= greeting) {
        add(count);
        return;
      }
      greeted += count;
      if (greeted < greeting) return;
      add(greeted - greeting);
      resolve();
    };
    const socket = connect({
      port,
      host: '127.0.0.1',
      onread: {
        buffer: Buffer.alloc(16 * 1024),
        callback: (size, buffer) => {
          const chunk = Buffer.from(buffer.buffer, buffer.byteOffset, size);
          if (upgraded) {
            take(chunk);
            return true;
          }
          head += chunk.toString('latin1');
          const end = head.indexOf('\r\n\r\n');
          if (end < 0) return true;
          if (!head.startsWith('HTTP/1.1 101')) reject(new Error(head.slice(0, 200)));
          upgraded = true;
          if (say !== undefined) socket.write(masked(say));
          if (greeting === 0) resolve();
          take(Buffer.from(head.slice(end + 4), 'latin1'));
          return true;
        },
      },
    });
    socket.on('error', reject);
    socket.on('close', () => {
      lost = new Error('the server closed a socket of the load');
      reject(lost);
      waiting?.fail(lost);
    });
    const lines = [
      `GET ${path} HTTP/1.1`,
      `Host: 127.0.0.1:${port}`,
      'Connection: Upgrade',
      'Upgrade: websocket',
      'Sec-WebSocket-Version: 13',
      `Sec-WebSocket-Key: ${randomBytes(16).toString('base64')}`,
      ...(subprotocol === undefined ? [] : [`Sec-WebSocket-Protocol: ${subprotocol}`]),
      ...(token === '' ? [] : [`Authorization: Bearer ${token}`]),
    ];
    socket.write(`${lines.join('\r\n')}\r\n\r\n`);
  });
}

function masked(text: string): Buffer {
  const payload = Buffer.from(text);
  return Buffer.concat([Buffer.from([0x81, 0x80 | payload.length, 0, 0, 0, 0]), payload]);
}

serve({
  async open(options: LoadOptions): Promise<void> {
    let next = 0;
    const worker = async (): Promise<void> => {
      while (next < options.count) await openOne(options, options.tokens[next++ % options.tokens.length] ?? '');
    };
    await Promise.all(Array.from({ length: openingMax }, worker));
  },
  /** Resolves when so many frames have come since the start, greetings apart. */
  until(count: number): Promise<void> {
    return new Promise<void>((resolve, reject) => {
      const late = () => reject(new Error(`${frames} of ${count} frames came within ${waitMsMax} ms`));
      const timer = setTimeout(late, waitMsMax);
      const reached = () => {
        clearTimeout(timer);
        waiting = undefined;
        resolve();
      };
      waiting = { frames: count, reached, fail: reject };
      if (frames >= count) reached();
      else if (lost !== undefined) reject(lost);
    });
  },
  frames: () => frames,
});
