// One address for several edges, as a load balancer gives one: each attempt to connect goes to the next edge, the
// ticket and the socket of one attempt to the same.

import { WebSocket } from 'ws';
import type { WebSocketClass } from '../../../client/socket/web-socket.ts';

export type EitherEdge = {
  /** The address for the SDK. */
  readonly url: string;
  readonly fetch: typeof fetch;
  readonly WebSocket: WebSocketClass;
};

export function eitherEdge(edges: readonly string[], first: number): EitherEdge {
  const url = 'http://mesh.invalid';
  let attempt = first - 1;
  const here = (given: string) => given.replace(/^(\w+):\/\/mesh\.invalid/, `$1://${new URL(edgeNow()).host}`);
  const edgeNow = () => edges[attempt % edges.length] as string;
  class EdgeSocket extends WebSocket {
    constructor(given: string, protocols: string[]) {
      super(here(given), protocols);
    }
  }
  return {
    url,
    fetch: (input, init) => {
      attempt += 1;
      return fetch(here(String(input)), init);
    },
    WebSocket: EdgeSocket,
  };
}
