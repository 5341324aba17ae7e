// One client's socket: cuts the byte stream into messages, runs them one after another, answers in order. Whatever
// is not a message ends this connection and no other.
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { StoreError } from '../errors.ts';
import { encodeReply, formOf, headerBytes, isSilent, parseRequest, type Request } from './message.ts';

export type Answer = Readonly<Record<string, unknown>>;
/** Undefined: close without an answer. */
export type Answerer = (request: Request, signal: AbortSignal) => Promise<Answer | undefined>;

/** Requests one connection may have sent ahead; with so many, or so many bytes of them, its socket is not read. */
export const requestsAheadMax = 64;
export const bytesAheadMax = 1_000_000;
/** Bytes of messages that all connections of a store may have here at once; who brings more is closed. */
export const bytesHeldMax = 512_000_000;
/** Time a client has to take its last answer when the store ends, in milliseconds. */
export const lastAnswerMs = 1000;

/** How many bytes of messages are here, of all connections together. */
export type Held = { bytes: number; readonly bytesMax: number };

export class Connection {
  private readonly socket: Socket;
  private readonly answer: Answerer;
  private readonly bytesMax: () => number;
  private readonly held: Held;
  private readonly gone = new AbortController();
  private chunks: Buffer[] = [];
  private buffered = 0;
  /** Bytes of the message being read; 0: its header is not whole yet. */
  private wanted = 0;
  private waiting: Buffer[] = [];
  private waitingBytes = 0;
  private working = false;
  private current: Promise<void> = Promise.resolve();

  /** `bytesMax`: how long its next message may be. */
  constructor(socket: Socket, answer: Answerer, bytesMax: () => number, held: Held) {
    this.socket = socket;
    this.answer = answer;
    this.bytesMax = bytesMax;
    this.held = held;
    socket.setNoDelay(true);
    socket.on('data', (chunk: Buffer) => this.received(chunk));
    socket.on('error', () => socket.destroy());
    socket.on('close', () => {
      held.bytes -= this.buffered + this.waitingBytes;
      this.chunks = [];
      this.waiting = [];
      this.gone.abort(new Error('the connection is gone'));
    });
  }

  get signal(): AbortSignal {
    return this.gone.signal;
  }

  /** Closes once a write under way is committed and answered. What only waits or reads is broken off. */
  async drain(): Promise<void> {
    this.waiting = [];
    this.socket.pause();
    this.gone.abort(new Error('the store is closing'));
    await this.current;
    this.socket.destroySoon();
    // Who does not read would keep the store from ending.
    setTimeout(() => this.socket.destroy(), lastAnswerMs).unref();
  }

  private received(chunk: Buffer): void {
    this.chunks.push(chunk);
    this.buffered += chunk.length;
    this.held.bytes += chunk.length;
    if (this.held.bytes > this.held.bytesMax) {
      this.socket.destroy();
      return;
    }
    for (;;) {
      if (this.wanted === 0) {
        if (this.buffered < headerBytes) return;
        this.wanted = this.join().readInt32LE(0);
        if (this.wanted < headerBytes + 5 || this.wanted > this.bytesMax()) {
          this.socket.destroy();
          return;
        }
      }
      if (this.buffered < this.wanted) return;
      const all = this.join();
      this.waiting.push(all.subarray(0, this.wanted));
      this.waitingBytes += this.wanted;
      this.chunks = all.length > this.wanted ? [all.subarray(this.wanted)] : [];
      this.buffered = all.length - this.wanted;
      this.wanted = 0;
      if (this.waiting.length >= requestsAheadMax || this.waitingBytes >= bytesAheadMax) this.socket.pause();
      if (!this.working) void this.work();
    }
  }

  private join(): Buffer {
    if (this.chunks.length > 1) this.chunks = [Buffer.concat(this.chunks, this.buffered)];
    return this.chunks[0]!;
  }

  private async work(): Promise<void> {
    this.working = true;
    for (let next = this.waiting.shift(); next !== undefined; next = this.waiting.shift()) {
      this.waitingBytes -= next.length;
      if (this.waiting.length === 0 && this.socket.isPaused()) this.socket.resume();
      this.current = this.serve(next);
      // What goes wrong here is a fault of the store's, and costs this connection only.
      await this.current.catch(() => this.socket.destroy());
      this.held.bytes -= next.length;
      if (this.socket.writableNeedDrain) await this.drained();
      if (this.socket.destroyed) break;
    }
    this.working = false;
  }

  private async serve(bytes: Buffer): Promise<void> {
    let request: Request;
    try {
      request = parseRequest(bytes);
    } catch (error) {
      if (error instanceof StoreError && !isSilent(bytes)) this.send(encodeReply(idOf(bytes), errorAnswer(error)));
      else this.socket.destroy();
      return;
    }
    const answer = await this.answer(request, this.gone.signal);
    if (answer === undefined) this.socket.destroy();
    else if (!request.silent) this.send(encodeReply(request, answer));
  }

  /** A client that does not read is not served until it does. */
  private async drained(): Promise<void> {
    await once(this.socket, 'drain', { signal: this.gone.signal }).catch(() => {});
  }

  private send(bytes: Buffer): void {
    if (!this.socket.destroyed) this.socket.write(bytes);
  }
}

function idOf(bytes: Buffer): Pick<Request, 'requestId' | 'form'> {
  return { requestId: bytes.readInt32LE(4), form: formOf(bytes) };
}

function errorAnswer({ message, code, codeName }: StoreError): Answer {
  return { ok: 0, errmsg: message, code, codeName };
}
