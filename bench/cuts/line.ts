// The line of one client of the SDK, which is cut and mended: a train in a tunnel.

import { WebSocket } from 'ws';
import type { WebSocketClass } from '../../client/socket/web-socket.ts';

export type Line = {
  readonly fetch: typeof fetch;
  readonly WebSocket: WebSocketClass;
  /** Ends what is open; nothing opens until `mend`. */
  cut(): void;
  mend(): void;
};

export function openLine(): Line {
  let whole = true;
  let ends = new AbortController();
  class CuttableSocket extends WebSocket {
    constructor(url: string, protocols: string[]) {
      super(url, protocols);
      if (whole) ends.signal.addEventListener('abort', () => this.terminate(), { once: true });
      else this.terminate();
    }
  }
  return {
    fetch: (input, init) => {
      if (!whole) return Promise.reject(new TypeError('the line is cut'));
      const signals = init?.signal ? [ends.signal, init.signal] : [ends.signal];
      return fetch(input, { ...init, signal: AbortSignal.any(signals) });
    },
    WebSocket: CuttableSocket,
    cut() {
      whole = false;
      ends.abort();
    },
    mend() {
      whole = true;
      ends = new AbortController();
    },
  };
}
