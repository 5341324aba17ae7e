// The peer: ws with its own defaults, sending to each client as its manual broadcasts.

import type { AddressInfo } from 'node:net';
import { WebSocket, WebSocketServer } from 'ws';
import { serve } from './subject.ts';

const server = new WebSocketServer({ host: '127.0.0.1', port: 0 });
server.on('connection', (socket) => socket.send('open'));

serve({
  open(): Promise<number> {
    return new Promise((resolve) => {
      const port = () => resolve((server.address() as AddressInfo).port);
      if (server.address() === null) server.once('listening', port);
      else port();
    });
  },
  publish(count: number, text: string): void {
    const bytes = Buffer.from(text);
    for (let n = 0; n < count; n++) {
      for (const socket of server.clients) {
        if (socket.readyState === WebSocket.OPEN) socket.send(bytes, { binary: false });
      }
    }
  },
});
