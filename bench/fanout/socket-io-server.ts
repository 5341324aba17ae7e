// The peer: Socket.IO with its own defaults, WebSocket only, emitting to a room.

import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Server } from 'socket.io';
import { serve } from './subject.ts';

const http = createServer();
const io = new Server(http, { transports: ['websocket'] });
io.on('connection', (socket) => void socket.join('pond'));

serve({
  open(): Promise<number> {
    return new Promise((resolve) => {
      http.listen(0, '127.0.0.1', () => resolve((http.address() as AddressInfo).port));
    });
  },
  publish(count: number, text: string): void {
    const data: unknown = JSON.parse(text);
    for (let n = 0; n < count; n++) io.to('pond').emit('message.new', data);
  },
});
