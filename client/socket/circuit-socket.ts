// One WebSocket from its opening to its end: frames in, requests out, and a heartbeat that notices a dead line.
// It never reconnects: that is the connection's work. `onClosed` comes exactly once.

import type { Clock, Timer } from '../clock.ts';
import { closedByApp, silentPeer } from './close-codes.ts';
import { type EventFrame, type Hello, isReply, type ReplyFrame, readFrame, subprotocol } from './frames.ts';
import type { WebSocketClass, WebSocketLike } from './web-socket.ts';

/** From the first byte to `ready`; after it the socket counts as dead. */
const openingMsMax = 15_000;
/** How long an answer to `ping` may take. */
const pingMsMax = 10_000;
const heartbeatMsDefault = 25_000;
/** A timer that is later than this says that the machine slept: what was heard before it tells nothing any more. */
const sleptMsMin = 5_000;

export type SocketOptions = {
  readonly url: string;
  readonly WebSocket: WebSocketClass;
  readonly clock: Clock;
  onEvent(frame: EventFrame): void;
  onClosed(code: number, reason: string): void;
};

export class CircuitSocket {
  readonly #options: SocketOptions;
  readonly #socket: WebSocketLike;
  readonly #replies = new Map<number, (reply: ReplyFrame) => void>();
  #hello: Hello | undefined;
  #lastId = 0;
  #timer: Timer | undefined;
  #sentSinceBeat = false;
  #heardSinceBeat = false;
  #over = false;

  constructor(options: SocketOptions) {
    this.#options = options;
    this.#socket = new options.WebSocket(options.url, [subprotocol]);
    this.#timer = options.clock.after(openingMsMax, () => this.#end(silentPeer, 'no answer while opening'));
    this.#socket.addEventListener('message', (event) => this.#read(event.data));
    this.#socket.addEventListener('close', (event) => this.#closed(event.code, event.reason));
    // A close follows every error, and says more.
    this.#socket.addEventListener('error', () => undefined);
  }

  get hello(): Hello | undefined {
    return this.#hello;
  }

  /** Sends a request; `onReply` is not called when the socket closes first. Throws what can't be said in JSON. */
  request(event: string, data: unknown, onReply: (reply: ReplyFrame) => void): number {
    const id = this.#lastId + 1;
    const frame = JSON.stringify({ id, event, data });
    this.#lastId = id;
    this.#replies.set(id, onReply);
    this.#sentSinceBeat = true;
    this.#socket.send(frame);
    return id;
  }

  /** The answer will not be listened to any more. */
  forget(id: number): void {
    this.#replies.delete(id);
  }

  /** Asks now whether the line still works: after the machine slept, or the network changed. */
  check(): void {
    if (this.#hello !== undefined && !this.#over) this.#ping();
  }

  close(): void {
    this.#end(closedByApp, '');
  }

  #read(text: unknown): void {
    if (this.#over) return;
    const frame = readFrame(text);
    if (frame === undefined) return;
    this.#heardSinceBeat = true;
    if (isReply(frame)) {
      const onReply = this.#replies.get(frame.id);
      this.#replies.delete(frame.id);
      onReply?.(frame);
      return;
    }
    if (frame.event === 'hello') this.#hello = frame.data as Hello;
    if (frame.event === 'ready') this.#beat();
    this.#options.onEvent(frame);
  }

  /** At least once in a heartbeat something is sent and something heard: either end notices a line that died. */
  #beat(): void {
    this.#timer?.cancel();
    this.#sentSinceBeat = false;
    this.#heardSinceBeat = false;
    // Three quarters: a timer that fires late still stays within the heartbeat.
    const beatMs = (this.#hello?.heartbeat_ms || heartbeatMsDefault) * 0.75;
    const { clock } = this.#options;
    const dueAt = clock.now() + beatMs;
    this.#timer = clock.after(beatMs, () => {
      const slept = clock.now() - dueAt > sleptMsMin;
      if (this.#sentSinceBeat && this.#heardSinceBeat && !slept) this.#beat();
      else this.#ping();
    });
  }

  #ping(): void {
    this.#timer?.cancel();
    this.#timer = this.#options.clock.after(pingMsMax, () => this.#end(silentPeer, 'no answer to ping'));
    this.request('ping', {}, () => this.#beat());
  }

  /** A browser tells a close only after a handshake, which a dead line never finishes: it is told here, at once. */
  #end(code: number, reason: string): void {
    if (this.#over) return;
    try {
      this.#socket.close(code, reason);
    } catch {
      // Some implementations refuse to close what has not opened; it is over for us either way.
    }
    this.#closed(code, reason);
  }

  #closed(code: number, reason: string): void {
    if (this.#over) return;
    this.#over = true;
    this.#timer?.cancel();
    this.#replies.clear();
    this.#options.onClosed(code, reason);
  }
}
