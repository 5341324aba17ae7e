// One person of the cuts: an app on the SDK, which writes down the number of every message that it is shown, and how
// long each return took.

import { Client } from '../../client/connect.ts';
import { type Line, openLine } from './line.ts';

export type Return = {
  /** The number of the cut that it follows. */
  readonly cut: number;
  /** From the first step of the attempt that succeeded (ticket, socket, session) until nothing was missing. */
  readonly ms: number;
  /** The part of it after the session was open: the replay itself. */
  readonly replayMs: number;
};

export class Rider {
  /** Numbers of messages, in the order in which the app was shown them. */
  readonly seen: number[] = [];
  readonly returns: Return[] = [];
  /** Cuts that came before it was back from the one before. */
  overtaken = 0;
  readonly #client: Client;
  readonly #line: Line;
  readonly #online: Promise<void>;
  #attemptAt = performance.now();
  #readyAt: number | undefined;
  #cuts = 0;
  #away = false;

  /** `onProgress`: a message was shown, or it is back. */
  constructor(url: string, token: string, onProgress: () => void) {
    this.#line = openLine();
    const { fetch, WebSocket } = this.#line;
    this.#client = new Client({ url, token: async () => token, fetch, WebSocket });
    this.#client.on('message.new', (_event, { seq }) => {
      this.seen.push(seq);
      onProgress();
    });
    this.#online = new Promise((resolve, reject) => {
      this.#client.subscribe(() => this.#look(resolve, reject, onProgress));
    });
  }

  /** Resolves when it is signed in and misses nothing. */
  online(): Promise<void> {
    return this.#online;
  }

  cut(): void {
    if (this.#away) this.overtaken += 1;
    this.#away = true;
    this.#cuts += 1;
    this.#line.cut();
  }

  mend(): void {
    this.#line.mend();
  }

  close(): void {
    this.#client.close();
  }

  #look(isOnline: () => void, failed: (error: Error) => void, onProgress: () => void): void {
    const { state } = this.#client;
    const now = performance.now();
    if (state.name === 'connecting') {
      this.#attemptAt = now;
      this.#readyAt = undefined;
    } else if (state.name === 'catching-up') {
      this.#readyAt = now;
    } else if (state.name === 'closed') {
      failed(new Error(`a client of the load was closed: ${state.reason}`));
    } else if (state.name === 'online') {
      isOnline();
      if (!this.#away) return;
      this.#away = false;
      const replayMs = now - (this.#readyAt ?? now);
      this.returns.push({ cut: this.#cuts - 1, ms: now - this.#attemptAt, replayMs });
      onProgress();
    }
  }
}
