// The little of a WebSocket that the SDK uses: the browser's, Node's, Deno's and that of the npm package `ws` fit.

export type WebSocketLike = {
  readonly readyState: number;
  send(data: string): void;
  close(code?: number, reason?: string): void;
  addEventListener(type: 'open' | 'error', listener: () => void): void;
  addEventListener(type: 'message', listener: (event: { readonly data: unknown }) => void): void;
  addEventListener(type: 'close', listener: (event: { readonly code: number; readonly reason: string }) => void): void;
};

export type WebSocketClass = new (url: string, protocols: string[]) => WebSocketLike;
