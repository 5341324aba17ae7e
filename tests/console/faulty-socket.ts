// A WebSocket to a real edge with faults that the edge itself does not have: events that never come or come twice, and
// answers that are lost with the socket.

import { WebSocket } from 'ws';
import type { WebSocketClass } from '../../client/socket/web-socket.ts';

export type SocketFaults = {
  /** Numbers of events of conversations that never come by themselves, on whatever socket. */
  readonly dropped: Set<number>;
  readonly doubled: Set<number>;
  /** The next answer is lost, and the socket with it. */
  losesAnswer: boolean;
};

type Listener = (event: { readonly data: unknown }) => void;

export function faultySocket(faults: SocketFaults): WebSocketClass {
  return class extends WebSocket {
    override addEventListener(type: string, listener: never): void {
      const hear = listener as Listener;
      super.addEventListener(type as 'message', type === 'message' ? (event) => this.#hear(event, hear) : listener);
    }

    #hear(event: { readonly data: unknown }, hear: Listener): void {
      const { ok, topic = '', seq = 0 } = JSON.parse(String(event.data));
      if (ok !== undefined && faults.losesAnswer) {
        faults.losesAnswer = false;
        this.terminate();
        return;
      }
      // What arrives behind a lost answer is lost, too.
      if (this.readyState !== WebSocket.OPEN) return;
      const ofConversation = topic.startsWith('c:');
      if (ofConversation && faults.dropped.has(seq)) return;
      hear(event);
      if (ofConversation && faults.doubled.has(seq)) hear(event);
    }
  };
}
